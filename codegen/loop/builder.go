package loop

import "github.com/einc-lang/einc/tensor"

// Builder appends nodes to a nest, inside out: For runs a function that fills the loop's body.
type Builder struct {
	Nest *Nest
	body *[]Node
}

// NewBuilder starts an empty nest.
func NewBuilder(strategy string) *Builder {
	n := &Nest{Strategy: strategy}
	return &Builder{Nest: n, body: &n.Body}
}

// Param declares a parameter and returns its number.
func (b *Builder) Param(p Param) int {
	b.Nest.Params = append(b.Nest.Params, p)
	return len(b.Nest.Params) - 1
}

// Var declares a loop variable.
func (b *Builder) Var(label string) Var {
	b.Nest.Vars = append(b.Nest.Vars, label)
	return Var(len(b.Nest.Vars) - 1)
}

// Reg declares a register.
func (b *Builder) Reg(t Type) Reg {
	b.Nest.Regs = append(b.Nest.Regs, t)
	return Reg(len(b.Nest.Regs) - 1)
}

// Type is the type of a register.
func (b *Builder) Type(r Reg) Type { return b.Nest.Regs[r] }

// Add appends a node to the body that is being filled.
func (b *Builder) Add(n Node) { *b.body = append(*b.body, n) }

// For appends a loop and fills its body by calling f.
func (b *Builder) For(l *For, f func()) {
	b.Add(l)
	outer := b.body
	b.body = &l.Body
	f()
	b.body = outer
}

// Collect gives the nodes that f appends, instead of appending them.
func (b *Builder) Collect(f func()) []Node {
	var nodes []Node
	outer := b.body
	b.body = &nodes
	f()
	b.body = outer
	return nodes
}

// Op appends an operation whose result is of type t.
func (b *Builder) Op(c Code, t Type, args ...Reg) Reg {
	dst := b.Reg(t)
	b.Add(&Op{Dst: dst, Code: c, Args: args})
	return dst
}

// Same appends an operation whose result has the type of its first argument.
func (b *Builder) Same(c Code, args ...Reg) Reg { return b.Op(c, b.Type(args[0]), args...) }

// Const appends a floating-point, complex or Bool constant in every lane.
func (b *Builder) Const(t Type, v float64) Reg {
	dst := b.Reg(t)
	b.Add(&Op{Dst: dst, Code: OpConst, Value: v})
	return dst
}

// Int appends an integer constant in every lane.
func (b *Builder) Int(t Type, v int64) Reg {
	dst := b.Reg(t)
	b.Add(&Op{Dst: dst, Code: OpConst, Int: v})
	return dst
}

// Shift appends a shift of x by a constant count.
func (b *Builder) Shift(c Code, x Reg, count int64) Reg {
	dst := b.Reg(b.Type(x))
	b.Add(&Op{Dst: dst, Code: c, Args: []Reg{x}, Int: count})
	return dst
}

// Convert appends a conversion of x to another element type; none if it has that type already.
func (b *Builder) Convert(x Reg, d tensor.DType) Reg {
	t := b.Type(x)
	if t.DType == d {
		return x
	}
	return b.Op(OpConvert, Type{d, t.Lanes}, x)
}

// Load appends a load of lanes elements and returns the register.
func (b *Builder) Load(from Addr, stride Size, lanes int) Reg {
	return b.LoadActive(from, stride, lanes, 0)
}

// LoadActive appends a load of the first lanes of a register (Load.Active) and returns it.
func (b *Builder) LoadActive(from Addr, stride Size, lanes, active int) Reg {
	dst := b.Reg(Type{b.Nest.Params[from.Param].DType, lanes})
	b.Add(&Load{Dst: dst, From: from, Stride: stride, Active: active})
	return dst
}

// Store appends a store.
func (b *Builder) Store(src Reg, to Addr, stride Size) {
	b.Add(&Store{Src: src, To: to, Stride: stride})
}

// Shuffle appends a choice of lanes of x and y, one for each pick.
func (b *Builder) Shuffle(x, y Reg, pick []int) Reg {
	dst := b.Reg(Type{b.Type(x).DType, len(pick)})
	b.Add(&Op{Dst: dst, Code: OpShuffle, Args: []Reg{x, y}, Pick: pick})
	return dst
}
