package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/constant"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/metadata"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// Streaming stores go past the cache. Machines have them for aligned vectors only, and nests promise no
// alignment of their operands: a nest with such stores is written twice, and the pointers choose. Of tiles only the
// stores are.

// streamed lists the parameters that stores with Stream go to, and those that tiles with Stream write.
func streamed(body []loop.Node, stores, tiles map[int]bool) {
	for _, n := range body {
		switch x := n.(type) {
		case *loop.For:
			streamed(x.Body, stores, tiles)
		case *loop.Store:
			if x.Stream {
				stores[x.To.Param] = true
			}
		case *loop.Tile:
			if x.Stream {
				tiles[x.C.Param] = true
			}
		}
	}
}

// root writes the task loop, in two versions if it streams.
func (e *fn) root(l *loop.For) {
	stores, tiles := map[int]bool{}, map[int]bool{}
	streamed(l.Body, stores, tiles)
	switch {
	case e.target.arch() != "x86_64":
		e.tasks(l)
	case len(tiles) > 0:
		e.whole = e.aligned(tiles)
		e.tasks(l)
		e.fence()
	case len(stores) > 0:
		e.branch(e.aligned(stores), "stream", func() {
			e.streams = true
			e.tasks(l)
			e.streams = false
			e.fence()
		}, func() { e.tasks(l) })
	default:
		e.tasks(l)
	}
}

// aligned tells whether some parameters begin with a cache line.
func (e *fn) aligned(params map[int]bool) value.Value {
	bits := i64(0)
	for i := range e.nest.Params {
		if params[i] {
			bits = e.or(bits, e.put(ir.NewPtrToInt(e.param(i), types.I64)))
		}
	}
	return e.compare(enum.IPredEQ, e.put(ir.NewAnd(bits, i64(streamAlign-1))), i64(0))
}

// fence makes others see what was stored past the cache.
func (e *fn) fence() {
	e.cur.Insts = append(e.cur.Insts, ir.NewCall(e.declare("llvm.x86.sse.sfence", types.Void)))
}

// streamAlign is the alignment in bytes that pointers of streaming stores have: a cache line.
const streamAlign = 64

func (e *fn) or(x, y value.Value) value.Value {
	if c, ok := known(x); ok && c == 0 {
		return y
	}
	return e.put(ir.NewOr(x, y))
}

// streamRow writes adjacent elements past the cache; the address is a multiple of the vector.
func (e *fn) streamRow(t loop.Type, v val, p value.Value) {
	x := e.toMemory(t, v)
	store := ir.NewStore(x, e.cast(p, types.NewPointer(x.Type())))
	store.Align = ir.Align(min(streamAlign, t.Lanes*t.DType.Size()))
	node := &metadata.Tuple{MetadataID: -1, Fields: []metadata.Field{constant.NewInt(types.I32, 1)}}
	store.Metadata = append(store.Metadata, &metadata.Attachment{Name: "nontemporal", Node: node})
	e.cur.Insts = append(e.cur.Insts, store)
}

// prefetch asks for a cache line, unless it was asked for an iteration ago.
func (e *fn) prefetch(n *loop.Prefetch) {
	size := int64(e.nest.Params[n.At.Param].DType.Size())
	for _, t := range n.At.Off.Terms {
		if t.Var == e.again && t.Coef.Dim == 0 && max(t.Coef.Value, -t.Coef.Value)*size <= line/unrollTimes {
			return
		}
	}
	e.fetch(e.addr(n.At), n.Write)
}

// fetch asks for the cache line of p.
func (e *fn) fetch(p value.Value, write bool) {
	f := e.declare("llvm.prefetch.p0i8", types.Void, types.I8Ptr, types.I32, types.I32, types.I32)
	rw := int64(0)
	if write {
		rw = 1
	}
	call := ir.NewCall(f, e.cast(p, types.I8Ptr), integer(types.I32, rw), integer(types.I32, 3), integer(types.I32, 1))
	e.cur.Insts = append(e.cur.Insts, call)
}
