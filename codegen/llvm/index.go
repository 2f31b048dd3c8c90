package llvm

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/constant"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// Index arithmetic is on i64, and folds constants: nests compiled without passes keep what is written.

func i64(v int64) value.Value { return integer(types.I64, v) }

// known is the value of a constant of at most 64 bits.
func known(x value.Value) (int64, bool) {
	c, ok := x.(*constant.Int)
	if !ok {
		return 0, false
	}
	return c.X.Int64(), true
}

func (e *fn) add(x, y value.Value) value.Value {
	a, xc := known(x)
	b, yc := known(y)
	switch {
	case xc && yc:
		return i64(a + b)
	case xc && a == 0:
		return y
	case yc && b == 0:
		return x
	}
	return e.put(ir.NewAdd(x, y))
}

func (e *fn) sub(x, y value.Value) value.Value {
	a, xc := known(x)
	b, yc := known(y)
	switch {
	case xc && yc:
		return i64(a - b)
	case yc && b == 0:
		return x
	}
	return e.put(ir.NewSub(x, y))
}

func (e *fn) mul(x, y value.Value) value.Value {
	a, xc := known(x)
	b, yc := known(y)
	switch {
	case xc && yc:
		return i64(a * b)
	case xc && a == 0, yc && b == 1:
		return x
	case yc && b == 0, xc && a == 1:
		return y
	}
	return e.put(ir.NewMul(x, y))
}

// divmod divides x ≥ 0 by y. A y that is known to be 0 belongs to code that never runs.
func (e *fn) divmod(x, y value.Value) (q, r value.Value) {
	a, xc := known(x)
	b, yc := known(y)
	switch {
	case yc && b <= 1:
		return x, i64(0)
	case xc && yc:
		return i64(a / b), i64(a % b)
	}
	return e.put(ir.NewUDiv(x, y)), e.put(ir.NewURem(x, y))
}

// compare compares integers, of any width and as many lanes as they have.
func (e *fn) compare(p enum.IPred, x, y value.Value) value.Value {
	a, xc := known(x)
	b, yc := known(y)
	if xc && yc {
		switch p {
		case enum.IPredEQ:
			return constant.NewBool(a == b)
		case enum.IPredNE:
			return constant.NewBool(a != b)
		case enum.IPredSLE:
			return constant.NewBool(a <= b)
		case enum.IPredSLT:
			return constant.NewBool(a < b)
		}
	}
	return e.put(ir.NewICmp(p, x, y))
}

func (e *fn) choose(cond, x, y value.Value) value.Value {
	if c, ok := known(cond); ok {
		if c != 0 {
			return x
		}
		return y
	}
	return e.put(ir.NewSelect(cond, x, y))
}

func (e *fn) smaller(x, y value.Value) value.Value {
	return e.choose(e.compare(enum.IPredSLT, x, y), x, y)
}

func (e *fn) larger(x, y value.Value) value.Value {
	return e.choose(e.compare(enum.IPredSLT, x, y), y, x)
}

// both is the conjunction of two conditions.
func (e *fn) both(x, y value.Value) value.Value {
	if c, ok := known(x); ok {
		if c != 0 {
			return y
		}
		return x
	}
	if _, ok := known(y); ok {
		return e.both(y, x)
	}
	return e.put(ir.NewAnd(x, y))
}

func (e *fn) size(s loop.Size) value.Value {
	if s.Dim > 0 {
		return e.dim(s.Dim - 1)
	}
	return i64(s.Value)
}

// bound is the value of a Bound.
func (e *fn) bound(b loop.Bound) value.Value {
	n := e.size(b.Max)
	if !b.Clamped {
		return n
	}
	return e.smaller(n, e.sub(e.size(b.Total), e.sum(b.At)))
}

// count is the value of a bound that counts items: never below 0.
func (e *fn) count(b loop.Bound) value.Value {
	n := e.bound(b)
	if b.Clamped || b.Max.Dim > 0 {
		return e.choose(e.compare(enum.IPredSLT, n, i64(0)), i64(0), n)
	}
	return n
}

// terms is an affine form without its constant, and the constant. Terms of outer variables come first,
// so that what is constant in an inner loop is a common prefix that leaves it.
func (e *fn) terms(a loop.Affine) (value.Value, int64) {
	terms := slices.Clone(a.Terms)
	slices.SortStableFunc(terms, func(x, y loop.Term) int { return e.depthOf(x.Var) - e.depthOf(y.Var) })
	sum, rest := i64(0), a.Const
	for _, t := range terms {
		if t.Var == loop.NoVar {
			sum = e.add(sum, e.size(t.Coef))
			continue
		}
		x := e.mul(e.vars[t.Var], e.size(t.Coef))
		if o := e.offs[t.Var]; o != 0 {
			if t.Coef.Dim > 0 {
				x = e.add(x, e.mul(i64(o), e.size(t.Coef)))
			} else {
				rest += o * t.Coef.Value
			}
		}
		if c, ok := known(x); ok {
			rest += c
			continue
		}
		sum = e.add(sum, x)
	}
	return sum, rest
}

// depthOf orders variables by where they are set.
func (e *fn) depthOf(v loop.Var) int {
	if v == loop.NoVar {
		return -1
	}
	return e.depth[v]
}

// sum is the value of an affine form.
func (e *fn) sum(a loop.Affine) value.Value {
	x, c := e.terms(a)
	return e.add(x, i64(c))
}

// addr is the pointer to an element of a parameter. The constant part comes last, where machines fold
// it into the access.
func (e *fn) addr(a loop.Addr) value.Value {
	d := e.nest.Params[a.Param].DType
	if w := e.walkOf(e.moving, a); w != nil {
		return e.step(d, w.p, i64(a.Off.Const))
	}
	x, c := e.terms(a.Off)
	return e.step(d, e.step(d, e.param(a.Param), x), i64(c))
}

// step moves a pointer by n elements of type d.
func (e *fn) step(d tensor.DType, p, n value.Value) value.Value {
	if c, ok := known(n); ok && c == 0 {
		return p
	}
	return e.put(ir.NewGetElementPtr(memory(d), p, e.mul(n, i64(parts(d)))))
}

// setVar binds a variable.
func (e *fn) setVar(v loop.Var, x value.Value) { e.setVarOff(v, x, 0) }

// setVarOff binds a variable to a value and a constant: addresses fold the constant.
func (e *fn) setVarOff(v loop.Var, x value.Value, off int64) {
	e.vars[v], e.offs[v] = x, off
	e.depth[v] = e.set
	e.set++
}
