package parser

import (
	"slices"
	"strconv"
)

// ellipsisDim is the label that stands, within one statement, for the axis of "..." with n axes of it
// to its right.
func ellipsisDim(n int) LabelID { return EllipsisID - 1 - LabelID(n) }

// tensorOf is the tensor that a reference reads, or -1.
func (b *binder) tensorOf(value int) int {
	switch {
	case value == NoValue:
		return -1
	case value < 0:
		return b.results[^value]
	}
	return b.values[value]
}

// expand lists a reference's axes with the ellipsis written out, for a tensor of some rank.
func (b *binder) expand(r *Ref, rank int) ([]Axis, error) {
	dots := rank - len(r.Axes) + 1
	for i := range r.Axes {
		a := &r.Axes[i]
		if a.Label != EllipsisID {
			continue
		}
		if dots < 0 {
			return nil, b.rankTooLow(r, len(r.Axes)-1, rank)
		}
		out := append(make([]Axis, 0, rank), r.Axes[:i]...)
		for n := dots - 1; n >= 0; n-- {
			out = append(out, Axis{ellipsisDim(n), a.Span})
		}
		return append(out, r.Axes[i+1:]...), nil
	}
	switch {
	case len(r.Axes) == rank:
		return r.Axes, nil
	case len(r.Axes) > rank:
		return nil, b.rankTooLow(r, len(r.Axes), rank)
	}
	err := b.fail(CodeRankTooHigh, r.Span, "%s for %s, which has rank %d", indices(len(r.Axes)), b.called(r), rank)
	if b.p.Notation != IndexNotation {
		return nil, err.hint("every axis needs an index; '...' stands for the rest")
	}
	return nil, b.rankCode(err).hint("every axis needs an index")
}

func (b *binder) rankTooLow(r *Ref, labels, rank int) error {
	return b.rankCode(b.fail(CodeRankTooLow, r.Span, "%s for %s, which has rank %d", indices(labels), b.called(r), rank)).
		hint("every index needs an axis")
}

// called is how a message names what a reference reads.
func (b *binder) called(r *Ref) string {
	if b.p.Notation == IndexNotation {
		return quote(r.Name)
	}
	return "operand " + strconv.Itoa(r.Value)
}

// rankCode is the convention's own code where it has one.
func (b *binder) rankCode(e *Error) *Error {
	if b.p.Mode == ModeEinstein && b.p.Notation == IndexNotation {
		e.Code = CodeRankMismatch
	}
	return e
}

// measure finds the extent of every label of a statement.
func (b *binder) measure(a *Assign) error {
	b.order, b.ellipsis = slices.Grow(b.order[:0], len(b.p.Labels)), 0
	if err := b.reserve(a); err != nil {
		return err
	}
	err := a.Right.eachRef(func(r *Ref) error { return b.observeRef(r, b.tensorOf(r.Value)) })
	if err != nil {
		return err
	}
	if err := b.observeOld(a); err != nil {
		return err
	}
	for _, l := range b.order {
		if d := b.dim(l); d.extent < 0 {
			return b.fail(CodeOutputUnknown, d.span, "index %s is not on the right, so its extent is unknown", quote(b.name(l))).
				hint("give %s as an operand: its shape tells the extent", quote(a.Left.Name))
		}
	}
	return nil
}

// reserve puts the left side's labels first, and finds how many axes "..." stands for.
func (b *binder) reserve(a *Assign) error {
	_ = a.Right.eachRef(func(r *Ref) error {
		if hasEllipsis(r.Axes) {
			b.ellipsis = max(b.ellipsis, len(b.out.Tensors[b.tensorOf(r.Value)].Shape)-len(r.Axes)+1)
		}
		return nil
	})
	if b.ellipsis > 0 && !hasEllipsis(a.Left.Axes) {
		return b.ellipsisDropped(a)
	}
	left, err := b.leftAxes(a)
	for _, x := range left {
		if d, old := b.known(x.Label); !old {
			d.span = x.Span
		}
	}
	return err
}

func (b *binder) leftAxes(a *Assign) ([]Axis, error) {
	rank := len(a.Left.Axes)
	if hasEllipsis(a.Left.Axes) {
		rank += b.ellipsis - 1
	}
	if rank > MaxRank {
		return nil, b.fail(CodeLimitRank, a.Left.Span, "the output has more than %d axes", MaxRank)
	}
	return b.expand(&a.Left, rank)
}

func (b *binder) ellipsisDropped(a *Assign) error {
	var at Span
	_ = a.Right.eachRef(func(r *Ref) error {
		for _, x := range r.Axes {
			if x.Label == EllipsisID && at.End == 0 && len(b.out.Tensors[b.tensorOf(r.Value)].Shape) >= len(r.Axes) {
				at = x.Span
			}
		}
		return nil
	})
	return b.fail(CodeEllipsisDropped, at, "'...' stands for %s here, but the output has no '...'", axes(b.ellipsis)).
		aux(a.Left.Span).hint("add '...' to the output, or name the axes to sum over them")
}

// axes is "1 axis" or "2 axes".
func axes(n int) string {
	if n == 1 {
		return "1 axis"
	}
	return strconv.Itoa(n) + " axes"
}

// observeRef takes note of the extents of a reference to tensor t.
func (b *binder) observeRef(r *Ref, t int) error {
	shape := b.out.Tensors[t].Shape
	list, err := b.expand(r, len(shape))
	if err != nil {
		return err
	}
	b.serial++
	for i, a := range list {
		if err := b.observe(a, shape[i]); err != nil {
			return err
		}
	}
	return nil
}

// dim is what is known of a label: those of "..." come after the program's.
func (b *binder) dim(l LabelID) *dim {
	at := int(l)
	if l < EllipsisID {
		at = len(b.p.Labels) + int(ellipsisDim(0)-l)
	}
	if more := max(at+1, len(b.p.Labels)) - len(b.dims); more > 0 {
		b.dims = append(b.dims, make([]dim, more)...)
	}
	return &b.dims[at]
}

// known is dim, and whether the statement had the label before; else nothing is known of it.
func (b *binder) known(l LabelID) (d *dim, old bool) {
	d = b.dim(l)
	if statement := len(b.results) + 1; d.statement != statement {
		*d = dim{statement: statement, extent: -1, id: IndexID(len(b.order)), sum: NoIndex}
		b.order = append(b.order, l)
		return d, false
	}
	return d, true
}

// observe takes note of one extent. Between references 1 stretches to any other; within one it does
// not, and not in mode einstein.
func (b *binder) observe(a Axis, extent int) error {
	d, _ := b.known(a.Label)
	if d.serial == b.serial && d.here != extent {
		return b.disagree(CodeDiagMismatch, a, extent, d.at, d.here).
			hint("an index that is repeated in one operand walks its diagonal, so the extents must be equal")
	}
	d.serial, d.here, d.at = b.serial, extent, a.Span
	switch {
	case d.extent == extent:
		return nil
	case d.extent < 0:
		d.extent, d.span = extent, a.Span
		return nil
	case d.extent != 1 && extent != 1:
		code := CodeDimMismatch
		if a.Label < EllipsisID {
			code = CodeEllipsisMismatch
		}
		return b.disagree(code, a, extent, d.span, d.extent)
	case b.p.Mode == ModeEinstein:
		err := b.disagree(CodeSize1Broadcast, a, extent, d.span, d.extent).hint("modes numpy and index stretch an extent of 1")
		err.Msg = ruleSize + "; " + err.Msg
		return err
	case d.extent == 1:
		d.extent, d.span = extent, a.Span
	}
	return nil
}

// disagree reports two extents of one label, the one that comes first in the text first.
func (b *binder) disagree(code Code, a Axis, extent int, there Span, other int) *Error {
	here := a.Span
	if there.Start < here.Start {
		here, there, extent, other = there, here, other, extent
	}
	what := "index " + quote(b.name(a.Label))
	if a.Label < EllipsisID {
		what = "an axis of '...'"
	}
	return b.fail(code, here, "%s has extent %d here and %d there", what, extent, other).aux(there)
}

// observeOld takes note of the old value's extents, which the result must have, and checks them.
func (b *binder) observeOld(a *Assign) error {
	old := b.tensorOf(a.Old)
	if old < 0 {
		return nil
	}
	shape := b.out.Tensors[old].Shape
	if err := b.observeRef(&a.Left, old); err != nil {
		return err
	}
	for i, x := range a.Left.Axes {
		if d := b.dim(x.Label); d.extent != shape[i] {
			return b.disagree(CodeDimMismatch, x, shape[i], d.span, d.extent).
				hint("the old value of %s is not stretched: it has the shape of the result", quote(a.Left.Name))
		}
	}
	return nil
}

// name is a label for messages.
func (b *binder) name(l LabelID) string {
	if l < EllipsisID {
		return "..."
	}
	return b.p.Labels[l]
}
