package planner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// What plan files are known by.
const (
	fileFormat   = "einc plan"
	fileVersion  = 1
	maxFileBytes = 256 << 20
)

// File is a plan as a repository keeps it: an order, the network it is for, and what it cost when it was
// found. Nothing in it differs between equal searches.
type File struct {
	Format    string     `json:"format"`
	Version   int        `json:"version"`
	Einc      string     `json:"einc"` // version that wrote it
	Name      string     `json:"name,omitempty"`
	Expr      string     `json:"expr,omitempty"`   // absent for networks
	Mode      string     `json:"mode,omitempty"`   // rules that Expr follows
	Shapes    [][]int    `json:"shapes,omitempty"` // of Expr's operands
	Types     []string   `json:"types,omitempty"`  // of Expr's operands
	Type      string     `json:"type"`             // that the costs are for
	Inputs    [][]int64  `json:"inputs"`
	Output    []int64    `json:"output"`
	Sizes     []int64    `json:"sizes"`
	Labels    []string   `json:"labels,omitempty"`
	Path      [][]int    `json:"ssa_path"`
	Groups    [][]int    `json:"groups"`
	Sliced    [][]int64  `json:"sliced"`           // index id, parts
	Serial    bool       `json:"serial,omitempty"` // workers share no loop over slices
	Lean      bool       `json:"lean,omitempty"`   // see SliceWay
	Copied    bool       `json:"copied,omitempty"` // the same
	Flops     *float64   `json:"log10_flops"`
	Size      *float64   `json:"log2_size"`
	PeakBytes float64    `json:"peak_bytes"`
	Slices    float64    `json:"slices"`
	Nanos     float64    `json:"estimated_ns"`
	Objective string     `json:"objective"`
	Method    string     `json:"method"`
	Trials    int        `json:"trials"`
	Work      float64    `json:"work"`
	Budget    float64    `json:"budget"`
	Seed      uint64     `json:"seed"`
	Target    FileTarget `json:"target"`
}

// FileTarget is the machine that a plan file's costs are for.
type FileTarget struct {
	Arch        string `json:"arch"`
	Level       string `json:"level"`
	VectorBytes int    `json:"vector_bytes"`
	Registers   int    `json:"registers"`
	FMA         bool   `json:"fma"`
	F16C        bool   `json:"f16c"`
	L1          int    `json:"l1"`
	L2          int    `json:"l2"`
	L3          int    `json:"l3"`
	Workers     int    `json:"workers"`
}

// NewFile puts a report into a file. The caller fills in Einc, and for expressions Expr, Mode, Shapes
// and Types.
func NewFile(r *Report, objective Objective, t cost.Target) *File {
	o := &r.Order
	f := &File{Format: fileFormat, Version: fileVersion, Name: r.Name, Type: r.Type.String(), Labels: r.Labels,
		Inputs: [][]int64{}, Output: wide(r.Network.Output), Sizes: []int64{}, Path: [][]int{}, Groups: [][]int{}, Sliced: [][]int64{},
		Flops: finite(o.Log10Flops), Size: finite(o.Log2Size), PeakBytes: math.Round(o.PeakBytes), Slices: max(o.Slices, 1), Nanos: r.Nanos,
		Objective: string(objective), Method: o.Method, Trials: o.Trials, Work: o.Work, Budget: o.Budget, Seed: o.Seed,
		Target: FileTarget(t)}
	if objective == "" {
		f.Objective = string(ByTime)
	}
	for _, in := range r.Network.Inputs {
		f.Inputs = append(f.Inputs, wide(in))
	}
	for _, s := range r.Network.Sizes {
		f.Sizes = append(f.Sizes, int64(s))
	}
	for _, p := range o.Path {
		f.Path = append(f.Path, []int{p[0], p[1]})
	}
	f.Groups = append(f.Groups, r.Groups...)
	for _, s := range o.Sliced {
		f.Sliced = append(f.Sliced, []int64{int64(s.Index), s.Parts})
	}
	return f
}

func wide(ids []int32) []int64 {
	w := make([]int64, len(ids))
	for a, i := range ids {
		w[a] = int64(i)
	}
	return w
}

// Bytes is the file's text: JSON, a field a line. It fails if a figure is no number.
func (f *File) Bytes() ([]byte, error) {
	var flat bytes.Buffer
	enc := json.NewEncoder(&flat)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(f); err != nil {
		return nil, fmt.Errorf("einc: the plan cannot be written: %w", err)
	}
	var out []byte
	depth, quoted := 0, false
	text := bytes.TrimSpace(flat.Bytes())
	for i, c := range text {
		switch {
		case c == '"' && (i == 0 || !escaped(text[:i])):
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth == 1 {
				out = append(out, "{\n "...)
				continue
			}
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				out = append(out, '\n')
			}
		case c == ',' && depth == 1:
			out = append(out, ",\n "...)
			continue
		}
		out = append(out, c)
	}
	return append(out, '\n'), nil
}

// escaped reports whether text ends with an odd number of backslashes.
func escaped(text []byte) bool {
	return (len(text)-len(bytes.TrimRight(text, `\`)))%2 == 1
}

// ReadFile reads a plan file of at most 256 MiB and checks it as a text that anyone may have written: its
// version, every id, size and pair, that its expression with its shapes is what its network says, and that no field
// is unknown. Of what it says of costs, it checks that there are as many slices as the cuts make; it believes none of it, see Report.
func ReadFile(r io.Reader) (*File, error) {
	data, err := readCapped(r, maxFileBytes, "plan")
	if err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, jsonError("plan", err)
	}
	if head.Format != fileFormat {
		return nil, fmt.Errorf("einc: this is no plan file: its format is %q, not %q", clip(head.Format), fileFormat)
	}
	if head.Version != fileVersion {
		return nil, fmt.Errorf("einc: the plan file has version %d, this einc reads version %d: make it again with einc plan -o", head.Version, fileVersion)
	}
	var f File
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, jsonError("plan", err)
	}
	if err := checkKeys("plan", data); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("einc: the plan file: %s", strings.TrimPrefix(err.Error(), "einc: "))
	}
	return &f, nil
}

// clip shortens text from elsewhere for a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// Network is the network that the plan is for.
func (f *File) Network() (*Network, error) { return newNetworkOf(f.Inputs, f.Output, f.Sizes) }

// Order is the plan's order, with the costs that the file states.
func (f *File) Order() (*Order, error) {
	o := &Order{Path: make([][2]int, len(f.Path)), Log10Flops: math.Inf(-1), Log2Size: math.Inf(-1), PeakBytes: f.PeakBytes, Nanos: f.Nanos,
		Slices: f.Slices, Method: f.Method, Trials: f.Trials, Work: f.Work, Budget: f.Budget, Seed: f.Seed}
	for i, p := range f.Path {
		if len(p) != 2 {
			return nil, fmt.Errorf("pair %d of the path has %d numbers", i, len(p))
		}
		o.Path[i] = [2]int{p[0], p[1]}
	}
	if f.Flops != nil {
		o.Log10Flops = *f.Flops
	}
	if f.Size != nil {
		o.Log2Size = *f.Size
	}
	for _, s := range f.Sliced {
		if len(s) != 2 || s[0] != int64(int32(s[0])) {
			return nil, fmt.Errorf("the slice %v is no index and number of parts", s)
		}
		o.Sliced = append(o.Sliced, Slice{Index: int32(s[0]), Parts: s[1]})
	}
	return o, nil
}

// Report recounts the plan's order by today's model of the machine that it was made for, and of its slices how often
// steps run and what they keep.
func (f *File) Report() (*Report, error) {
	n, err := f.Network()
	if err != nil {
		return nil, err
	}
	o, err := f.Order()
	if err != nil {
		return nil, err
	}
	d, err := tensor.ParseDType(f.Type)
	if err != nil {
		return nil, err
	}
	nest := f.nest(n, o, d)
	if nest != nil {
		o.Log10Flops = nest.flops * math.Log10(2)
	}
	r, err := NewReport(n, o, f.Groups, cost.Target(f.Target), d)
	if err != nil {
		return nil, err
	}
	if nest != nil {
		r.Peak = math.Log2(nest.peak)
	}
	if r.Name = f.Name; len(f.Labels) > 0 {
		r.Labels = f.Labels
	}
	r.Equation = f.Expr
	return r, nil
}

// nest is what the slices of an order run as, nil if there are none: it says how often steps run, and what is kept from
// one slice to the next, as the search found it that had the file's peak for a limit.
func (f *File) nest(n *Network, o *Order, d tensor.DType) *nest {
	if len(o.Sliced) == 0 {
		return nil
	}
	c, t := noCuts(n), make(tree, len(o.Path))
	for _, s := range o.Sliced {
		c[s.Index] = s.Parts
	}
	for k, p := range o.Path {
		t[k] = [2]int32{int32(p[0]), int32(p[1])}
	}
	return n.nestWithin(t, c, math.Ceil(f.PeakBytes/float64(d.Accum().Size())), max(2, recountSteps/max(len(t), 1)))
}

// recountSteps bounds the steps that are looked at for what slices keep, in a file whose peak may be anything: it is
// some seconds' work. Files whose slices compute more again are said to need more memory.
const recountSteps = 20e6

// OrderFor is the plan's path and what it cuts, in the indices of n, if the plan is for the network n: the
// same but for the numbers of the indices. Errors say what differs.
func (f *File) OrderFor(n *Network) ([][2]int, []Slice, error) {
	match, err := f.match(n)
	if err != nil {
		return nil, nil, fmt.Errorf("einc: the plan is for %w", err)
	}
	o, err := f.Order()
	if err != nil {
		return nil, nil, err
	}
	var sliced []Slice
	for _, s := range o.Sliced {
		if i, ok := match[s.Index]; ok {
			sliced = append(sliced, Slice{Index: i, Parts: s.Parts})
		}
	}
	return o.Path, sliced, nil
}

// match maps the plan's indices to those of n, if n is the same network but for their numbers. The error continues
// "the plan is for".
func (f *File) match(n *Network) (map[int32]int32, error) {
	own, err := f.Network()
	if err != nil {
		return nil, fmt.Errorf("no network: %w", err)
	}
	if len(own.Inputs) != len(n.Inputs) {
		return nil, fmt.Errorf("%d operands, the expression has %d", len(own.Inputs), len(n.Inputs))
	}
	match := map[int32]int32{}
	back := map[int32]int32{}
	for t := range n.Inputs {
		if err := sameLegs(own, n, own.Inputs[t], n.Inputs[t], match, back); err != nil {
			return nil, fmt.Errorf("another operand %d: %w", t, err)
		}
	}
	if err := sameLegs(own, n, own.Output, n.Output, match, back); err != nil {
		return nil, fmt.Errorf("another output: %w", err)
	}
	return match, nil
}

// sameLegs matches two lists of indices one to one.
func sameLegs(a, b *Network, x, y []int32, match, back map[int32]int32) error {
	if len(x) != len(y) {
		return fmt.Errorf("with %d indices, not %d", len(x), len(y))
	}
	for k, i := range x {
		j, known := match[i]
		if i2, used := back[y[k]]; known && j != y[k] || used && i2 != i {
			return fmt.Errorf("with another index at axis %d", k)
		}
		if a.Sizes[i] != b.Sizes[y[k]] {
			return fmt.Errorf("with extent %.0f at axis %d, not %.0f", a.Sizes[i], k, b.Sizes[y[k]])
		}
		match[i], back[y[k]] = y[k], i
	}
	return nil
}
