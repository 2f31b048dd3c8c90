package parser

// resolver binds names to operands and statements.
type resolver struct {
	source
	p     *Program
	known map[string]held
	used  []bool // by statement: its result is read
}

// held is what a name stands for at a point of the program.
type held struct {
	value int // as Ref.Value
	rank  int
	span  Span
}

// resolveNames finds the operands of p and what every reference reads.
func resolveNames(p *Program) error {
	r := &resolver{source: source(p.Src), p: p, known: map[string]held{}, used: make([]bool, len(p.Assigns))}
	for i := range p.Assigns {
		a := &p.Assigns[i]
		if err := r.old(a); err != nil {
			return err
		}
		if err := a.Right.eachRef(func(ref *Ref) error { return r.read(ref, false) }); err != nil {
			return err
		}
		if err := r.leftKnown(a); err != nil {
			return err
		}
		r.known[a.Left.Name] = held{^i, len(a.Left.Axes), a.Left.Span}
	}
	return r.unused()
}

// old finds the value that op= combines with.
func (r *resolver) old(a *Assign) error {
	if !a.Update {
		return nil
	}
	ref := a.Left
	err := r.read(&ref, true)
	a.Old = ref.Value
	return err
}

// read finds the value of a reference; a name that was not assigned before is an operand.
func (r *resolver) read(ref *Ref, optional bool) error {
	h, ok := r.known[ref.Name]
	if !ok {
		h = held{len(r.p.Operands), len(ref.Axes), ref.Span}
		r.known[ref.Name] = h
		r.p.Operands = append(r.p.Operands, OperandDecl{Name: ref.Name, Optional: optional, Rank: h.rank, Span: h.span})
	}
	if h.rank != len(ref.Axes) {
		return r.fail(CodeIndexRank, ref.Span, "%s has %s here and %s there", quote(ref.Name),
			indices(len(ref.Axes)), indices(h.rank)).aux(h.span)
	}
	ref.Value = h.value
	if h.value < 0 {
		r.used[^h.value] = true
	} else if !optional {
		r.p.Operands[h.value].Optional = false
	}
	return nil
}

// leftKnown checks that the extent of every left index can be known: from the right, or from an old
// value. Mode einstein has a stricter rule of its own.
func (r *resolver) leftKnown(a *Assign) error {
	if a.Update || r.p.Mode == ModeEinstein || len(a.Left.Axes) == 0 {
		return nil
	}
	onRight := map[LabelID]bool{}
	var order []string
	_ = a.Right.eachRef(func(ref *Ref) error {
		for _, x := range ref.Axes {
			if !onRight[x.Label] {
				onRight[x.Label] = true
				order = append(order, r.label(x))
			}
		}
		return nil
	})
	for _, x := range a.Left.Axes {
		if !onRight[x.Label] {
			return r.fail(CodeOutputUnknown, x.Span, "index %s is not on the right, so its extent is unknown", quote(r.label(x))).
				hintIf(didYouMean(r.label(x), order, "the right side has the indices "))
		}
	}
	return nil
}

func (r *resolver) label(a Axis) string { return string(r.source[a.Span.Start:a.Span.End]) }

// unused refuses a statement whose result nothing reads: most likely a name is misspelt.
func (r *resolver) unused() error {
	for i := range r.used[:len(r.used)-1] {
		if r.used[i] {
			continue
		}
		left := r.p.Assigns[i].Left
		var operands []string
		for _, o := range r.p.Operands {
			operands = append(operands, o.Name)
		}
		return r.fail(CodeUnusedResult, left.Span, "%s is assigned here but not used afterwards", quote(left.Name)).
			hintIf(didYouMean(left.Name, operands, ""))
	}
	return nil
}
