package loop

import "math/bits"

// ranged is a variable in scope: its values lie in [lo, hi], and, if clamp is set, v + clamp.At is at
// most clamp.Total − step besides.
// Where open is set, hi is not known: a size that is left to calls decides it.
type ranged struct {
	name   Var
	lo, hi int64
	open   bool
	clamp  *Bound
	step   int64
}

// interval is the integers from lo to hi.
type interval struct{ lo, hi int64 }

func (v *verifier) mul(a, b int64) int64 {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo >= 1<<62 {
		v.overflow = true
		return 0
	}
	if (a < 0) != (b < 0) {
		return -int64(lo)
	}
	return int64(lo)
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func (v *verifier) add(a, b int64) int64 {
	s := a + b
	if (a < 0) == (b < 0) && magnitude(s) >= 1<<62 || magnitude(a) >= 1<<62 || magnitude(b) >= 1<<62 {
		v.overflow = true
		return 0
	}
	return s
}

// scale is the interval of c·x for x in r.
func (v *verifier) scale(r interval, c int64) interval {
	a, b := v.mul(r.lo, c), v.mul(r.hi, c)
	return interval{min(a, b), max(a, b)}
}

func (v *verifier) sum(a, b interval) interval {
	return interval{v.add(a.lo, b.lo), v.add(a.hi, b.hi)}
}

// variable is the range of a variable in scope.
func (v *verifier) variable(n Node, x Var) (ranged, error) {
	if x < 0 || int(x) >= len(v.vars) {
		return ranged{}, v.errorf(n, "there is no variable %d", x)
	}
	if v.vars[x] < 1 {
		return ranged{}, v.errorf(n, "variable %s is not in scope", v.print.name(x))
	}
	return v.live[v.vars[x]-1], nil
}

// linear is an affine expression over the variables in scope, by their places.
type linear struct {
	base  int64
	coefs []int64
}

// linear resolves an expression; dims reports that a part of it is only known at run time: a coefficient,
// or the range of a variable.
func (v *verifier) linear(n Node, a Affine) (l linear, dims bool, err error) {
	l = linear{a.Const, make([]int64, len(v.live))}
	if magnitude(a.Const) > limit {
		return l, false, v.errorf(n, "constant %d is out of reach", a.Const)
	}
	for _, t := range a.Terms {
		if err := v.dim(n, t.Coef); err != nil {
			return l, false, err
		}
		dims = dims || t.Coef.Dim != 0
		if t.Var == NoVar {
			if t.Coef.Dim == 0 {
				l.base = v.add(l.base, t.Coef.Value)
			}
			continue
		}
		x, err := v.variable(n, t.Var)
		if err != nil {
			return l, false, err
		}
		if dims = dims || x.open && t.Coef.Value != 0; t.Coef.Dim != 0 {
			continue
		}
		i := v.vars[t.Var] - 1
		l.coefs[i] = v.add(l.coefs[i], t.Coef.Value)
	}
	return l, dims, nil
}

func (v *verifier) dim(n Node, s Size) error {
	if s.Dim < 0 || s.Dim > v.nest.Dims || s.Dim > 0 && (s.Value < 0 || s.Value > limit) {
		return v.errorf(n, "%s of %d dims", s, v.nest.Dims)
	}
	return nil
}

// maxChoices bounds the clamped variables of one address, and of the starts of their blocks, that are looked at in
// both ways.
const maxChoices = 10

// reach bounds a linear expression. Variables go from the innermost to the outermost. A clamped one is
// bounded by itself, and together with its At; both hold, so their intersection does.
func (v *verifier) reach(l linear) interval {
	choices := 0
	for i, c := range l.coefs {
		if c != 0 && v.live[i].clamp != nil {
			choices++
		}
	}
	if choices > maxChoices {
		return v.reachBelow(l, len(l.coefs), 0)
	}
	return v.reachBelow(l, len(l.coefs), maxChoices)
}

// reachBelow bounds the part of l below top, with so many choices left.
func (v *verifier) reachBelow(l linear, top, choices int) interval {
	total := interval{l.base, l.base}
	for i := top - 1; i >= 0; i-- {
		c, x := l.coefs[i], v.live[i]
		if c == 0 {
			continue
		}
		own := v.scale(interval{x.lo, x.hi}, c)
		if x.clamp == nil || choices == 0 {
			total = v.sum(total, own)
			continue
		}
		l.base = 0
		plain := v.sum(own, v.reachBelow(l, i, choices-1))
		with := v.together(l, i, c, choices-1)
		return v.sum(total, interval{max(plain.lo, with.lo), min(plain.hi, with.hi)})
	}
	return total
}

// together bounds the part of l below and at i by taking c·(v+At) out of it as one.
func (v *verifier) together(l linear, i int, c int64, choices int) interval {
	b, step := v.live[i].clamp, v.live[i].step
	rest := linear{0, append([]int64(nil), l.coefs[:i]...)}
	at, _, _ := v.linear(nil, b.At) // checked with the loop, whose variable comes after all that are in it
	at.coefs = at.coefs[:i]
	for j, a := range at.coefs {
		rest.coefs[j] = v.add(rest.coefs[j], -v.mul(c, a))
	}
	rest.base = -v.mul(c, at.base)
	low := v.add(v.reachBelow(at, i, choices).lo, v.live[i].lo)
	high := max(v.add(b.Total.Value, -step), low)
	return v.sum(v.scale(interval{low, high}, c), v.reachBelow(rest, i, choices))
}

// most is the largest count that a bound gives, or that any may give where that is open.
func (v *verifier) most(n Node, b Bound) (most int64, open bool, err error) {
	if err := v.dim(n, b.Max); err != nil {
		return 0, false, err
	}
	if most = b.Max.Value; b.Max.Dim > 0 && most == 0 {
		most, open = limit, true
	}
	if most < 0 || most > limit {
		return 0, false, v.errorf(n, "count %s is not a number from 0 to 2^48", b.Max)
	}
	if !b.Clamped {
		return most, open, nil
	}
	at, dims, err := v.linear(n, b.At)
	if err == nil {
		err = v.dim(n, b.Total)
	}
	if err != nil || b.Total.Dim > 0 {
		return most, open, err
	}
	if magnitude(b.Total.Value) > limit {
		return 0, false, v.errorf(n, "total %s is not a number below 2^48", b.Total)
	}
	r := v.reach(at)
	if dims || v.overflow {
		return 0, false, v.errorf(n, "the start of the block, %s, is not known", v.print.affine(b.At))
	}
	return min(most, v.add(b.Total.Value, -r.lo)), false, nil
}

// iterations is the range of a loop's variable, and whether the loop can run at all.
func (v *verifier) iterations(n Node, b Bound, step, from int64) (r ranged, runs bool, err error) {
	most, open, err := v.most(n, b)
	if err != nil {
		return r, false, err
	}
	first, exact := int64(0), !b.Clamped && b.Max.Dim == 0
	if from > 1 && exact {
		first = most - most%from
	}
	if most-first < step {
		return ranged{lo: first, hi: first}, false, nil
	}
	r = ranged{lo: first, hi: most - step, step: step, open: open}
	if from <= 1 || exact {
		r.hi = first + (most-first-step)/step*step
	}
	if b.Clamped && b.Total.Dim == 0 {
		r.clamp = &b
	}
	return r, true, nil
}

// span is an extra direction in which an access goes: coef·(iteration of r).
type span struct {
	ranged
	coef Size
	runs bool
}

// upTo is the span of count neighbours, coef apart.
func upTo(count, coef int64) span {
	return span{ranged{hi: count - 1}, Const(coef), count > 0}
}

// counted is the span of the items of a bound, coef apart.
func (v *verifier) counted(n Node, b Bound, coef int64) (span, error) {
	r, runs, err := v.iterations(n, b, 1, 0)
	return span{r, Const(coef), runs}, err
}

// extent bounds an expression and the spans added to it; runs is false if nothing is accessed.
func (v *verifier) extent(n Node, a Affine, spans []span) (r interval, dims, runs bool, err error) {
	l, dims, err := v.linear(n, a)
	if err != nil {
		return r, false, false, err
	}
	runs = v.dead == 0
	for _, s := range spans {
		dims = dims || s.coef.Dim != 0 || s.open && s.coef.Value != 0
		if err := v.dim(n, s.coef); err != nil {
			return r, false, false, err
		}
		runs = runs && s.runs
		v.live = append(v.live, s.ranged)
		l.coefs = append(l.coefs, s.coef.Value)
	}
	if runs && !dims {
		r = v.reach(l)
	}
	v.live = v.live[:len(v.live)-len(spans)]
	if v.overflow {
		return r, false, false, v.errorf(n, "%s leaves 64 bits", v.print.affine(a))
	}
	return r, dims, runs, nil
}
