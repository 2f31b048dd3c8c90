package parser

import "strconv"

// call adds to the adjoints of a function's arguments.
func (c *chainRule) call(s *step, name string) error {
	seed, y := c.spell(name, s.left), c.spell(s.name, s.left)
	for k, a := range s.right.Args {
		if a.Kind != TreeRef || s.right.Fn == FnSign {
			continue
		}
		x, other := c.print(a), ""
		if len(s.right.Args) > 1 {
			other = c.print(s.right.Args[1-k])
		}
		text := seed + slope(s.right.Fn, x, other, y)
		if !sameLabels(a.Ref.Axes, s.left) { // what a sum of the function's values would go into
			v, err := c.helper(name, s.left, text)
			if err != nil {
				return err
			}
			text = c.refer(v)
		}
		if err := c.add(a.Ref.Value, a.Ref.Axes, text); err != nil {
			return err
		}
	}
	return nil
}

// slope is what to multiply with, or to divide by, for the derivative of y = fn(x), or of fn(x, other).
func slope(fn Fn, x, other, y string) string {
	switch fn {
	case FnAbs:
		return "*sign(" + x + ")"
	case FnExp:
		return "*" + y
	case FnLog:
		return "/" + x
	case FnSqrt:
		return "/" + y + "/2"
	case FnTanh:
		return "*(1 - " + y + "*" + y + ")"
	case FnSigmoid:
		return "*" + y + "*(1 - " + y + ")"
	case FnRelu:
		return "*max(sign(" + x + "), 0)"
	case FnLeakyRelu:
		return "*max(sign(" + x + "), 0.01)"
	case FnMin:
		return "*(1 - sign(" + x + " - " + other + "))/2"
	case FnMax:
		return "*(1 + sign(" + x + " - " + other + "))/2"
	}
	return geluSlope(x)
}

// geluSlope is Φ(x) + x·φ(x) for gelu(x) = x·Φ(x). Φ is gelu(x)/x, and within 1/32 of 0 its series: derivatives of the
// quotient are differences, divided by x, and where x is small nothing of them is left. What keeps the divisor from 0
// there adds 0 exactly elsewhere.
func geluSlope(x string) string {
	const density = 0.3989422804014327 // φ(0)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	far := "max(sign(abs(" + x + ") - 0.03125), 0)" // 1 where the quotient is taken, else 0
	off := "(" + x + " + (1 - " + far + "))"
	square := "min(" + x + "*" + x + ", 1)" // which must not overflow elsewhere
	series := number(density / 336)         // for x⁷: what follows is beyond 53 bits
	for _, n := range []float64{40, 6, 1} {
		series = "(" + number(density/n) + " - " + square + "*" + series + ")"
	}
	return "*(gelu" + off + "/" + off + "*" + far + " + (0.5 + " + x + "*" + series + ")*(1 - " + far + ") + " +
		x + "*exp(-" + x + "*" + x + "/2)*" + number(density) + ")"
}

// extremum adds to the adjoints of what max= or min= reduces, and of the old value: what is as great, or as little, as
// the result shares its gradient; if nothing is, that is the old value's.
func (c *chainRule) extremum(s *step, name string) error {
	if s.right.Kind == TreeNumber {
		return c.fail(CodeNotASum, Span{0, len(c.source)}, "%s= of a number has no gradient", s.op)
	}
	r := s.right.Ref
	all := appendNew(appendNew(nil, r.Axes), s.left)
	x, y, seed := c.print(s.right), c.spell(s.name, s.left), c.spell(name, s.left)
	hit, err := c.helper("hit", all, "1 - abs(sign("+x+" - "+y+"))")
	if err != nil {
		return err
	}
	hits, err := c.helper("hits", appendNew(nil, s.left), c.refer(hit))
	if err != nil {
		return err
	}
	part, err := c.helper(name, all, seed+"*"+c.refer(hit)+"/max("+c.refer(hits)+", 1)")
	if err != nil {
		return err
	}
	if err := c.add(r.Value, r.Axes, c.refer(part)); err != nil {
		return err
	}
	if len(appendNew(nil, s.left)) == len(s.left) {
		return c.add(s.old, s.left, seed+"*(1 - sign("+c.refer(hits)+"))")
	}
	axes := c.distinct(len(s.left)) // the old value is kept beside a diagonal
	if err := c.add(s.old, axes, c.spell(name, axes)); err != nil {
		return err
	}
	return c.add(s.old, s.left, "-"+seed+"*sign("+c.refer(hits)+")")
}

// helper is a value that others need, which is no step's.
func (c *chainRule) helper(name string, axes []Axis, text string) (*Ref, error) {
	g := &group{name: c.fresh(name)}
	c.groups = append(c.groups, g)
	return &Ref{Name: g.name, Axes: axes}, c.write(g, axes, " = ", text)
}
