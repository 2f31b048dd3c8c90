package lower

import (
	"math"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// naive computes a case with one loop nest over complex numbers, rounded to the output's type at the
// end: exact on small integers.
func (b *bench) naive() []complex128 {
	s := &b.plan.Steps[0]
	buf := &b.plan.Buffers[s.Out.Buffer]
	n := 1
	for _, e := range buf.Shape {
		n *= e
	}
	vals := make([]complex128, n)
	st := tensor.RowMajor(make([]int, len(buf.Shape)), buf.Shape)
	if s.Old >= 0 {
		b.each(planner.Ref{Buffer: s.Old, Axes: fresh(b, buf.Shape)}, func(at map[parser.IndexID]int, ref planner.Ref) {
			off := 0
			for a, ix := range ref.Axes {
				off += at[ix] * st[a]
			}
			vals[off] = get(b.out, b.cell(ref, at))
		})
	}
	at := map[parser.IndexID]int{}
	b.walk(unique(s.Out.Axes), at, func() {
		off := 0
		for a, ix := range s.Out.Axes {
			if ix != parser.NoIndex {
				off += at[ix] * st[a]
			}
		}
		v := b.element(s, at)
		if s.Old >= 0 {
			v = combine(b.out, s.OldOp, vals[off], v)
		}
		vals[off] = round(b.out, v)
	})
	return vals
}

// fresh makes indices for the axes of a shape.
func fresh(b *bench, shape []int) []parser.IndexID {
	var ix []parser.IndexID
	for _, e := range shape {
		ix = append(ix, parser.IndexID(len(b.plan.Problem.Indices)))
		b.plan.Problem.Indices = append(b.plan.Problem.Indices, parser.Index{Extent: e})
	}
	return ix
}

func (b *bench) each(ref planner.Ref, f func(map[parser.IndexID]int, planner.Ref)) {
	at := map[parser.IndexID]int{}
	b.walk(unique(ref.Axes), at, func() { f(at, ref) })
}

func (b *bench) walk(ix []parser.IndexID, at map[parser.IndexID]int, f func()) {
	if len(ix) == 0 {
		f()
		return
	}
	for i := range b.plan.Problem.Indices[ix[0]].Extent {
		at[ix[0]] = i
		b.walk(ix[1:], at, f)
	}
}

// element is the value of one element before it is combined with the old one.
func (b *bench) element(s *planner.Step, at map[parser.IndexID]int) complex128 {
	d := s.Body[len(s.Body)-1].DType
	var v complex128
	if len(s.K) == 0 {
		v = b.eval(s.Body, s.Inputs, at, nil)
	} else {
		f, whole := s.Reduce.Identity(d)
		v = complex(f, 0)
		if d.IsInt() {
			v = complex(float64(whole), 0)
		}
		b.walk(s.K, at, func() { v = combine(d, s.Reduce, v, b.eval(s.Body, s.Inputs, at, nil)) })
	}
	if len(s.Epilogue) > 0 {
		v = b.eval(s.Epilogue, s.Extra, at, &v)
	}
	return v
}

func combine(d tensor.DType, r parser.ReduceOp, x, y complex128) complex128 {
	return fn(r.Fn(), d, []complex128{x, y})
}

func round(d tensor.DType, v complex128) complex128 {
	var cell [16]byte
	put(d, cell[:], v)
	return get(d, cell[:])
}

func (b *bench) eval(e parser.Expr, refs []planner.Ref, at map[parser.IndexID]int, reduced *complex128) complex128 {
	vals := make([]complex128, len(e))
	for i, n := range e {
		switch {
		case n.Kind == parser.NodeConst:
			vals[i] = complex(n.Value, 0)
		case n.Kind == parser.NodeInput && reduced != nil && n.Input == 0:
			vals[i] = *reduced
		case n.Kind == parser.NodeInput:
			from := n.Input
			if reduced != nil {
				from--
			}
			ref := refs[from]
			vals[i] = get(b.plan.Buffers[ref.Buffer].DType, b.cell(ref, at))
		default:
			var args []complex128
			for _, a := range n.Args {
				args = append(args, vals[a])
			}
			vals[i] = fn(n.Fn, n.DType, args)
		}
	}
	return vals[len(e)-1]
}

func fn(f parser.Fn, d tensor.DType, x []complex128) complex128 {
	v := x[0]
	for _, y := range x[1:] {
		switch f {
		case parser.FnAdd:
			v += y
		case parser.FnSub:
			v -= y
		case parser.FnMul:
			v *= y
		case parser.FnDiv:
			v /= y
		case parser.FnMax:
			v = complex(math.Max(real(v), real(y)), 0)
		case parser.FnMin:
			v = complex(math.Min(real(v), real(y)), 0)
		}
	}
	switch f {
	case parser.FnNeg:
		v = -v
	case parser.FnAbs:
		v = complex(math.Hypot(real(v), imag(v)), 0)
	case parser.FnRelu:
		v = complex(math.Max(real(v), 0), 0)
	case parser.FnCast:
		if !d.IsComplex() {
			v = complex(real(v), 0)
		}
	}
	if d == tensor.Bool && v != 0 {
		v = 1
	}
	return v
}
