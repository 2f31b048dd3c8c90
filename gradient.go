package einc

import "github.com/einc-lang/einc/parser"

// Gradient is an expression for the derivative of another's result by one of its operands.
type Gradient struct {
	Operand string `json:"operand"` // the name of what it is the gradient by; operands of einsum strings are A, B, …
	Seed    string `json:"seed"`    // the name of what is given: the gradient of anything by the result
	Expr    string `json:"expr"`    // index notation
	// Operands are the names that Expr reads, in the order in which it takes them: the seed, and operands of the
	// expression that was differentiated. Old values of "op=" that may be left out are not among them.
	Operands []string `json:"operands"`
}

// Gradients differentiates an expression by each of its operands, for backward passes. With Y its result and L any
// number that is computed from Y, the gradient by X is dL/dX where the seed is dL/dY. See parser.Program.Gradients
// for what has no gradient, and what is taken at kinks.
func Gradients(expr string, mode parser.Mode) ([]Gradient, error) {
	p, err := parser.Parse(expr, mode)
	if err != nil {
		return nil, err
	}
	list, err := p.Gradients()
	if err != nil {
		return nil, err
	}
	all := make([]Gradient, len(list))
	for i, g := range list {
		all[i] = Gradient{Operand: g.Operand, Seed: g.Seed, Expr: g.Program.String()}
		for _, o := range g.Program.Operands {
			if !o.Optional {
				all[i].Operands = append(all[i].Operands, o.Name)
			}
		}
	}
	return all, nil
}
