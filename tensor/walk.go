package tensor

import (
	"runtime"
	"unsafe"
)

// cursor is a row of a view: its first element, and the distance of neighbours in bytes.
type cursor struct {
	p    unsafe.Pointer
	step int
}

// at is the address of element i of the row.
func (c cursor) at(i int) unsafe.Pointer { return unsafe.Add(c.p, i*c.step) }

// walk visits views of one shape together, in row-major order: f gets rows of n elements, as long as
// the layouts allow, and returns whether to go on.
func walk(f func(n int, rows []cursor) bool, views ...*Tensor) {
	if views[0].length == 0 {
		return
	}
	shape, steps := foldAxes(views)
	last := len(shape) - 1
	rows := make([]cursor, len(views))
	index := make([]int, last)
	for {
		for k, v := range views {
			off := 0
			for axis, i := range index {
				off += i * steps[k][axis]
			}
			rows[k] = cursor{unsafe.Add(v.data, off), steps[k][last]}
		}
		if !f(shape[last], rows) || !next(index, shape) {
			break
		}
	}
	runtime.KeepAlive(views) // rows hide the storage of mapped files from the collector
}

// next counts up, last axis fastest, and reports whether there is a next index.
func next(index, shape []int) bool {
	for axis := len(index) - 1; axis >= 0; axis-- {
		if index[axis]++; index[axis] < shape[axis] {
			return true
		}
		index[axis] = 0
	}
	return false
}

// foldAxes drops axes of extent 1 and joins neighbours that are one run in every view. It gives at
// least one axis, and each view's steps in bytes.
func foldAxes(views []*Tensor) (shape []int, steps [][]int) {
	steps = make([][]int, len(views))
	for axis, e := range views[0].shape {
		if e == 1 {
			continue
		}
		if top := len(shape) - 1; top >= 0 && composes(views, steps, axis, e) {
			shape[top] *= e
			for k, v := range views {
				steps[k][top] = v.strides[axis] * v.dtype.Size()
			}
			continue
		}
		shape = append(shape, e)
		for k, v := range views {
			steps[k] = append(steps[k], v.strides[axis]*v.dtype.Size())
		}
	}
	if len(shape) == 0 {
		shape = []int{1}
		for k := range steps {
			steps[k] = []int{0}
		}
	}
	return shape, steps
}

func composes(views []*Tensor, steps [][]int, axis, extent int) bool {
	for k, v := range views {
		if steps[k][len(steps[k])-1] != extent*v.strides[axis]*v.dtype.Size() {
			return false
		}
	}
	return true
}

// copyElements copies between views of one shape and type.
func copyElements(dst, src *Tensor) {
	size := dst.dtype.Size()
	walk(func(n int, rows []cursor) bool {
		d, s := rows[0], rows[1]
		if d.step == size && s.step == size {
			copy(row[byte](d.p, n*size), row[byte](s.p, n*size))
			return true
		}
		switch size {
		case 1:
			copyCells[uint8](n, d, s)
		case 2:
			copyCells[uint16](n, d, s)
		case 4:
			copyCells[uint32](n, d, s)
		case 8:
			copyCells[uint64](n, d, s)
		default:
			copyCells[[2]uint64](n, d, s)
		}
		return true
	}, dst, src)
}

func copyCells[T any](n int, d, s cursor) {
	for i := range n {
		*(*T)(d.at(i)) = *(*T)(s.at(i))
	}
}
