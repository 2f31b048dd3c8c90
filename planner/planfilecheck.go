package planner

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// check refuses what no plan file says.
func (f *File) check() error {
	n, err := f.Network()
	if err != nil {
		return err
	}
	o, err := f.Order()
	if err != nil {
		return err
	}
	if err := CheckPath(o.Path, len(n.Inputs)); err != nil {
		return err
	}
	if _, err := groupRows(o.Path, f.Groups, len(n.Inputs)); err != nil {
		return err
	}
	if _, err := tensor.ParseDType(f.Type); err != nil {
		return err
	}
	if err := f.checkLabels(); err != nil {
		return err
	}
	if !slices.Contains(objectives[:], Objective(f.Objective)) {
		return fmt.Errorf("no objective %q", clip(f.Objective))
	}
	if err := errors.Join(f.checkFigures(), f.checkSlices(), f.Target.check()); err != nil {
		return err
	}
	return f.checkExpr()
}

// checkExpr checks that the expression, with its operands' shapes and types, is the network that the path is for: run
// looks at the one, and --check at both.
func (f *File) checkExpr() error {
	if f.Expr == "" && len(f.Shapes)+len(f.Types) == 0 {
		return nil
	}
	const again = "make the file again with einc plan -o"
	p, err := f.Problem()
	if err != nil {
		return fmt.Errorf("its expression does not have its shapes and types (%s): %w", again, err) // which may end with a place
	}
	n, _, ok := Product(p)
	if !ok {
		return errors.New("its expression is more than a product of operands, which has no path; " + again)
	}
	if _, err := f.match(n); err != nil {
		return fmt.Errorf("its inputs, output and sizes are not those of its expression and shapes: they are for %w; %s", err, again)
	}
	if d := p.Tensors[p.Output].DType; d.String() != f.Type {
		return fmt.Errorf("its type is %s, and its expression's %v; %s", clip(f.Type), d, again)
	}
	return nil
}

// Problem is the file's expression with its operands' shapes and types. Files of networks have none.
func (f *File) Problem() (*parser.Problem, error) {
	if err := f.checkOperands(); err != nil {
		return nil, err
	}
	mode, err := parser.ParseMode(f.Mode)
	if err != nil {
		return nil, err
	}
	program, err := parser.Parse(f.Expr, mode)
	if err != nil {
		return nil, err
	}
	specs := make([]parser.Spec, len(f.Shapes))
	for i, shape := range f.Shapes {
		if specs[i], err = parser.NewSpec("", f.Types[i], shape...); err != nil {
			return nil, err
		}
	}
	return program.Bind(specs)
}

// checkOperands checks what is said of an expression's operands.
func (f *File) checkOperands() error {
	if len(f.Shapes) != len(f.Inputs) || len(f.Types) != len(f.Inputs) {
		return fmt.Errorf("%d shapes and %d types for %d inputs", len(f.Shapes), len(f.Types), len(f.Inputs))
	}
	for i, shape := range f.Shapes {
		d, err := tensor.ParseDType(f.Types[i])
		if err != nil {
			return err
		}
		if len(shape) > maxNetworkRank || slices.ContainsFunc(shape, func(n int) bool { return n < 0 || int64(n) > maxBytes }) {
			return fmt.Errorf("operand %d has no possible shape", i)
		}
		if _, ok := byteSize(d, shape); !ok {
			return fmt.Errorf("operand %d has more than 2^46 bytes", i)
		}
	}
	return nil
}

// checkLabels checks that there is a label for each index, or none at all, and that no two are the same.
func (f *File) checkLabels() error {
	if len(f.Labels) == 0 {
		return nil
	}
	if len(f.Labels) != len(f.Sizes) {
		return fmt.Errorf("%d labels for %d indices", len(f.Labels), len(f.Sizes))
	}
	of := map[string]int{}
	for i, l := range f.Labels {
		if first, ok := of[l]; ok {
			return fmt.Errorf("labels: the indices %d and %d are both called %q", first, i, clip(l))
		}
		of[l] = i
	}
	return nil
}

// checkFigures refuses negative costs and counts.
func (f *File) checkFigures() error {
	for _, v := range []struct {
		field string
		n     float64
		least float64
	}{{"peak_bytes", f.PeakBytes, 0}, {"estimated_ns", f.Nanos, 0}, {"work", f.Work, 0}, {"budget", f.Budget, 0},
		{"trials", float64(f.Trials), 0}, {"slices", f.Slices, 1}} {
		if v.n < v.least {
			return fmt.Errorf("%s is %v: it is at least %v", v.field, v.n, v.least)
		}
	}
	return nil
}

// checkSlices checks that cut indices exist, once each, and have as many positions as parts, and that
// there are as many slices as the parts make.
func (f *File) checkSlices() error {
	seen, parts := map[int64]bool{}, 1.0
	for _, s := range f.Sliced {
		if len(s) != 2 || s[0] < 0 || s[0] >= int64(len(f.Sizes)) || seen[s[0]] || s[1] < 1 || s[1] > max(f.Sizes[s[0]], 1) {
			return fmt.Errorf("the slice %v: it takes an index, not yet sliced, and at most its extent of parts", s)
		}
		seen[s[0]] = true
		parts *= float64(s[1])
	}
	if math.Abs(f.Slices-parts) > 1e-6*parts { // which the search adds up as logarithms
		return fmt.Errorf("slices is %v, and the parts of sliced make %v", f.Slices, parts)
	}
	return nil
}

// check refuses machines that cannot be.
func (t *FileTarget) check() error {
	const most = 1 << 40
	for _, v := range []struct {
		field    string
		n, least int
	}{{"l1", t.L1, 1}, {"l2", t.L2, 0}, {"l3", t.L3, 0}, {"workers", t.Workers, 1}, {"registers", t.Registers, 1},
		{"vector_bytes", t.VectorBytes, 1}} {
		if v.n < v.least || v.n > most {
			return fmt.Errorf("target.%s is %d: it is at least %d and at most %d", v.field, v.n, v.least, most)
		}
	}
	if t.VectorBytes > 1<<10 || t.Registers > 1<<10 || t.Workers > cost.MostWorkers {
		return errors.New("the target is no machine there is")
	}
	return nil
}
