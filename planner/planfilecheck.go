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
	if err := errors.Join(f.checkFigures(), f.checkSlices(), f.Target.check(), f.checkPeak(n, o)); err != nil {
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

// checkPeak checks that the plan holds no more than all of its tensors, whole and each of them twice: so much no order
// needs.
func (f *File) checkPeak(n *Network, o *Order) error {
	d, err := tensor.ParseDType(f.Type)
	if err != nil {
		return err
	}
	most := 2 * n.allElements(o.Path) * float64(d.Accum().Size())
	if f.PeakBytes > most {
		return fmt.Errorf("peak_bytes is %.6g: all tensors of the path have %.6g", f.PeakBytes, most/2)
	}
	return nil
}

// allElements is the number of elements of all operands, and of all that the steps of a path make of them.
func (n *Network) allElements(path [][2]int) (sum float64) {
	uses := make([]int, len(n.Sizes)) // by tensors that are left, and by the output
	legs := slices.Clone(n.Inputs)
	for _, t := range append(slices.Clone(n.Inputs), n.Output) {
		sum += n.elements(t)
		for _, ix := range t {
			uses[ix]++
		}
	}
	for _, p := range path {
		var out []int32
		for _, ix := range append(slices.Clone(legs[p[0]]), legs[p[1]]...) {
			uses[ix]--
			out = append(out, ix)
		}
		slices.Sort(out)
		out = slices.DeleteFunc(slices.Compact(out), func(ix int32) bool { return uses[ix] == 0 })
		for _, ix := range out {
			uses[ix]++
		}
		sum += n.elements(out)
		legs = append(legs, out)
	}
	return sum
}

// elements is the number of elements of a tensor with some indices; one that is there twice counts once.
func (n *Network) elements(legs []int32) float64 {
	size := 1.0
	for a, ix := range legs {
		if !slices.Contains(legs[:a], ix) {
			size *= n.Sizes[ix]
		}
	}
	return size
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
