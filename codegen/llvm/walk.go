package llvm

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// An innermost loop over vectors moves a pointer for all accesses to an operand that lie a constant apart. LLVM would
// add the loop's index to an address in each access, and processors that read memory with an operation and an index
// at once take it for two instructions: the window in which they look for loads ahead holds half as many.

// walk is such a pointer, without the constants of the accesses.
type walk struct {
	at loop.Addr
	by value.Value // elements from an iteration to the next
	p  value.Value
}

// mostWalks bounds the pointers that a loop moves.
const mostWalks = 4

// walks are the pointers of a loop as it starts; none where it has inner loops, or too many.
func (e *fn) walks(l *loop.For, s span) []walk {
	var ws []walk
	if l.Kind != loop.Vector || s.once() {
		return nil
	}
	for _, n := range l.Body {
		var a loop.Addr
		switch x := n.(type) {
		case *loop.Load:
			a = x.From
		case *loop.Store:
			a = x.To
		case *loop.Op:
			continue
		default:
			return nil
		}
		if e.walkOf(ws, a) != nil {
			continue
		}
		if by := e.along(a, l.Var); by != nil {
			ws = append(ws, walk{at: a, by: e.mul(i64(s.step), by)})
		}
	}
	if len(ws) > mostWalks {
		return nil
	}
	e.setVar(l.Var, s.start)
	for i := range ws {
		ws[i].at.Off.Const = 0
		ws[i].p = e.addr(ws[i].at)
	}
	return ws
}

// along is how far an address moves as a variable does by one; nil if it has no term of it.
func (e *fn) along(a loop.Addr, v loop.Var) (by value.Value) {
	for _, t := range a.Off.Terms {
		switch {
		case t.Var != v:
		case by == nil:
			by = e.size(t.Coef)
		default:
			by = e.add(by, e.size(t.Coef))
		}
	}
	return by
}

// walkOf is the walk that an address lies beside; nil if there is none.
func (e *fn) walkOf(ws []walk, a loop.Addr) *walk {
	i := slices.IndexFunc(ws, func(w walk) bool { return w.at.Param == a.Param && slices.Equal(w.at.Off.Terms, a.Off.Terms) })
	if i < 0 {
		return nil
	}
	return &ws[i]
}

// walking runs a loop's body with its pointers, which come after what the loop carries. That they are frozen keeps
// LLVM from making indices of them again.
func (e *fn) walking(l *loop.For, s span, init []value.Value) []value.Value {
	ws, n := e.walks(l, s), len(init)
	for _, w := range ws {
		init = append(init, w.p)
	}
	last := e.run(s, init, func(i value.Value, carried []value.Value) []value.Value {
		for k := range ws {
			ws[k].p = carried[n+k]
		}
		e.moving = ws
		next := e.iteration(l, i, 0, carried[:n])
		e.moving = nil
		for _, w := range ws {
			next = append(next, e.opaque(e.step(e.nest.Params[w.at.Param].DType, w.p, w.by)))
		}
		return next
	})
	return last[:n]
}

// opaque is a pointer of which LLVM does not know that it is p.
func (e *fn) opaque(p value.Value) value.Value {
	f := e.declare("llvm.launder.invariant.group.p0i8", types.I8Ptr, types.I8Ptr)
	return e.cast(e.put(ir.NewCall(f, e.cast(p, types.I8Ptr))), p.Type())
}
