package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// network is what the searches see of a sum of products: which factor has which indices, how large
// these are, and which of them the result keeps. Indices of extent 1 are left out; the others are
// numbered from 0. Extent 0 counts as 1: nothing will run, in whatever order.
type network struct {
	model *cost.Model
	dtype tensor.DType
	ids   []parser.IndexID // of each number
	ext   []float64
	legs  [][]int32 // of each factor, ascending
	open  []bool    // the result keeps it
	room  *scratch
	asked cost.Work // the last question for a pairwise step with nothing fused
}

// tree is an order: pair p contracts two of the factors 0…n-1 and the results n, n+1, … of the pairs
// before it into result n+p.
type tree [][2]int32

// newNetwork numbers the indices of factors.
func newNetwork(d *draft, t tensor.DType, factors [][]parser.IndexID, open []parser.IndexID) *network {
	n := d.networks.One()
	n.model, n.dtype, n.legs, n.room = d.model(), t.Accum(), d.legs.Make(len(factors)), &d.scratch
	total := 0
	for _, legs := range factors {
		total += len(legs)
	}
	n.ids = d.ids.Room(total)
	for _, legs := range factors {
		n.ids = append(n.ids, legs...)
	}
	slices.Sort(n.ids)
	n.ids = d.ids.Keep(slices.DeleteFunc(slices.Compact(n.ids), func(i parser.IndexID) bool { return d.extent(i) == 1 }))
	n.ext, n.open = d.floats.Make(len(n.ids)), d.flags.Make(len(n.ids))
	for l, i := range n.ids {
		n.ext[l], n.open[l] = float64(max(d.extent(i), 1)), contains(open, i)
	}
	for f, legs := range factors {
		list := d.int32s.Room(len(legs))
		for _, i := range legs {
			if l, ok := slices.BinarySearch(n.ids, i); ok {
				list = append(list, int32(l))
			}
		}
		n.legs[f] = d.int32s.Keep(list)
	}
	return n
}

// size is the number of elements of a tensor with these legs.
func (n *network) size(legs []int32) float64 {
	s := 1.0
	for _, l := range legs {
		s *= n.ext[l]
	}
	return s
}

// nanosWithin is the time of a pairwise step, by the products of the extents of its classes; +Inf where less work than that
// tells that it is not below most. Which operand will be the right one is open, so the longer free group counts as N.
func (n *network) nanosWithin(b, m, nn, k, most float64) float64 {
	return n.model.Within(n.pair(b, min(m, nn), max(m, nn), k), most)
}

// pair is the question for a pairwise step with nothing fused, until there is another one.
func (n *network) pair(b, m, nn, k float64) *cost.Work {
	size, w := float64(n.dtype.Size()), &n.asked
	w.B, w.M, w.N, w.K, w.Type, w.Product, w.Plain, w.UnitInner = b, m, nn, k, n.dtype, true, true, true
	w.BytesIn, w.BytesOut = b*(m+nn)*k*size, b*m*nn*size
	return w
}

// work is the question for the step that contracts a and b into out.
func (n *network) work(a, b, out []int32) cost.Work {
	return *n.pair(n.classes(a, b, out))
}

// classes are the products of the extents of the classes of the step that contracts a and b into out, the shorter free group first.
func (n *network) classes(a, b, out []int32) (batch, m, nn, k float64) {
	batch, m, nn, k = 1, 1, 1, 1
	for len(a) > 0 || len(b) > 0 {
		inA := len(b) == 0 || len(a) > 0 && a[0] <= b[0]
		inB := !inA || len(b) > 0 && a[0] == b[0]
		var l int32
		if inA {
			l, a = a[0], a[1:]
		}
		if inB {
			l, b = b[0], b[1:]
		}
		kept := len(out) > 0 && out[0] == l
		if kept {
			out = out[1:]
		}
		switch x := n.ext[l]; {
		case !kept:
			k *= x
		case inA && inB:
			batch *= x
		case inA:
			m *= x
		default:
			nn *= x
		}
	}
	return batch, min(m, nn), max(m, nn), k
}

// results lists the legs of every factor and result of t.
func (n *network) results(t tree) [][]int32 {
	all := append(n.room.legs.Empty(len(n.legs)+len(t)), n.legs...)
	holders := n.holders()
	for _, p := range t {
		a, b := all[p[0]], all[p[1]]
		all = append(all, n.room.int32s.Keep(n.contract(n.room.int32s.Room(len(a)+len(b)), a, b, holders)))
	}
	return all
}

// holders counts for each index the tensors that have it.
func (n *network) holders() []int {
	count := n.room.ints.Make(len(n.ids))
	for _, legs := range n.legs {
		for _, l := range legs {
			count[l]++
		}
	}
	return count
}

// contract appends the legs of the product of a and b, summed over the indices that nothing else has. It
// brings holders up to date.
func (n *network) contract(out, a, b []int32, holders []int) []int32 {
	sorted(a, b, func(l int32, inA, inB bool) {
		if inA && inB {
			holders[l]--
		}
		if holders[l] > 1 || n.open[l] {
			out = append(out, l)
		} else {
			holders[l] = 0
		}
	})
	return out
}

// sorted calls f for every element of two ascending sets, in order.
func sorted(a, b []int32, f func(l int32, inA, inB bool)) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			f(a[0], true, false)
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			f(b[0], false, true)
			b = b[1:]
		default:
			f(a[0], true, true)
			a, b = a[1:], b[1:]
		}
	}
}

// subset reports whether the ascending set b has all of a.
func subset(a, b []int32) bool {
	for _, l := range a {
		if _, ok := slices.BinarySearch(b, l); !ok {
			return false
		}
	}
	return true
}
