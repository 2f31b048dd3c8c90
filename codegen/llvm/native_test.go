package llvm_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	goruntime "runtime"
	"testing"
	"unsafe"

	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/llvm"
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/runtime"
	"github.com/einc-lang/einc/runtime/object"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

const linux = "x86_64-unknown-linux-gnu"

// level is an instruction-set level to run on; lanes are what its nests use.
type level struct {
	cpu, triple string
	bits        int
	fma         bool // and F16C
	passes      string
	lanes       []int
	needs       []string
}

// levels crosses levels, widths and pass lists so that each meets each other one somewhere.
var levels = []level{
	{"x86-64-v2", linux, 128, false, llvm.Passes("direct"), []int{4}, []string{"SSE42"}},
	{"x86-64-v3", linux, 256, true, "", []int{1, 8}, []string{"AVX2", "FMA3", "F16C", "BMI2", "LZCNT"}},
	{"x86-64-v4", linux, 512, true, llvm.Passes("direct"), []int{16}, []string{"AVX512F", "AVX512BW", "AVX512DQ", "AVX512VL"}},
	{"generic", "aarch64-unknown-linux-gnu", 128, true, "", []int{1, 4}, []string{"ASIMD"}},
}

// eachLevel runs a test on every level of this machine's architecture.
func eachLevel(t *testing.T, f func(t *testing.T, lv level)) {
	if _, err := libllvm.Open(); err != nil {
		t.Skip(err)
	}
	arch := map[string]string{linux: "amd64"}
	for _, lv := range levels {
		if (arch[lv.triple] == "amd64") == (goruntime.GOARCH == "amd64") {
			t.Run(lv.cpu, func(t *testing.T) { f(t, lv) })
		}
	}
}

// job is a nest and what it is run on.
type job struct {
	nest  *loop.Nest
	args  []loop.Mem
	dims  []int64
	tasks int64
}

// compare compiles the jobs as one module, runs each by the interpreter and natively, and wants equal
// bytes in the parameters. NaNs may differ in sign and payload unless strict is set.
func compare(t *testing.T, lv level, jobs []job, strict bool) {
	t.Helper()
	k := load(t, lv, jobs)
	defer func() { require.NoError(t, k.Close()) }()
	var ptrs []unsafe.Pointer
	native := make([][]loop.Mem, len(jobs))
	for i, j := range jobs {
		native[i] = clone(j.args)
		for _, m := range native[i] {
			ptrs = append(ptrs, unsafe.Add(unsafe.Pointer(unsafe.SliceData(m.Data)), m.Origin))
		}
		if len(j.dims) > 0 {
			ptrs = append(ptrs, unsafe.Pointer(&j.dims[0]))
		}
	}
	require.NoError(t, k.Run(context.Background(), ptrs, nil, 1))
	for i, j := range jobs {
		require.NoError(t, loop.Run(j.nest, j.args, j.dims, 0, j.tasks), "%s", j.nest)
		for p, want := range j.args {
			if j.nest.Params[p].Role == loop.Worker && j.tasks > 1 {
				continue // holds what the last task left, and tasks have no order
			}
			requireSame(t, j.nest, p, want.Data, native[i][p].Data, strict)
		}
	}
}

// load compiles the jobs' nests; every pointer of every nest is a parameter of the object.
func load(t *testing.T, lv level, jobs []job) *runtime.Kernel {
	o := &object.Object{Einc: "test", Triple: lv.triple, CPU: lv.cpu, Features: lv.needs}
	var named []llvm.Named
	for i, j := range jobs {
		require.NoError(t, loop.Verify(j.nest), "%s", j.nest)
		named = append(named, llvm.Named{Symbol: fmt.Sprintf("k%d", i), Nest: j.nest})
		l := object.Launch{Symbol: i, Tasks: j.tasks, Nanos: 1000}
		for range len(j.args) + min(1, len(j.dims)) {
			l.Args = append(l.Args, object.Arg{Area: object.AreaParam, Index: len(o.Params)})
			o.Params = append(o.Params, object.Param{Name: "p", DType: "i8", Size: 1, Shape: []int{1}, Strides: []int{1}})
		}
		o.Launches = append(o.Launches, l)
	}
	m, err := llvm.Module(named, llvm.Target{Triple: lv.triple, CPU: lv.cpu, VectorBits: lv.bits})
	require.NoError(t, err)
	r, err := libllvm.Compile(context.Background(), libllvm.Request{IR: llvm.Text(m), Triple: lv.triple, CPU: lv.cpu, Passes: lv.passes, Level: 3})
	require.NoError(t, err)
	o.LLVM, o.Modules = r.LLVM, [][]byte{r.Code}
	for _, n := range named {
		o.Symbols = append(o.Symbols, object.Symbol{Name: n.Symbol, Frame: r.Frames[n.Symbol]})
	}
	k, err := runtime.Load(o)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return k
}

func clone(args []loop.Mem) []loop.Mem {
	c := make([]loop.Mem, len(args))
	for i, a := range args {
		c[i] = loop.Mem{Data: append(make([]byte, 0, len(a.Data)+1), a.Data...), Origin: a.Origin}
	}
	return c
}

func requireSame(t *testing.T, n *loop.Nest, param int, want, got []byte, strict bool) {
	t.Helper()
	d := n.Params[param].DType.Real()
	for i := 0; i < len(want); i += d.Size() {
		w, g := want[i:i+d.Size()], got[i:i+d.Size()]
		if string(w) != string(g) && (strict || !isNaN(d, w) || !isNaN(d, g)) {
			t.Fatalf("%s\nparam %d, part %d: interpreter %x, native %x (little endian)", n, param, i/d.Size(), w, g)
		}
	}
}

func isNaN(d tensor.DType, b []byte) bool {
	bits := uint64(0)
	for i, x := range b {
		bits |= uint64(x) << (8 * i)
	}
	switch d {
	case tensor.F16:
		return bits&0x7fff > 0x7c00
	case tensor.BF16:
		return bits&0x7fff > 0x7f80
	case tensor.F32:
		return math.IsNaN(float64(math.Float32frombits(uint32(bits))))
	case tensor.F64:
		return math.IsNaN(math.Float64frombits(bits))
	}
	return false
}

// corners are the values where conversions, comparisons and roundings change their minds.
var corners = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 1.5, 2.5, -2.5, math.NaN(), math.Inf(1), math.Inf(-1),
	1e-45, -1e-45, 5e-324, 1e-40, 3.4e38, -3.4e38, 65504, 65519.99, 65520, 65536, 6e-8, 2.98023224e-8, 6.1e-5, 6.097e-5,
	127, 128, -128, -129, 32767.5, 32768, -32769, 2147483647, 2147483648, -2147483648, -2147483904, 9.2e18, 9.3e18, -9.3e18,
	16777217, 1 + 1.0/256, 1 + 3.0/256, 1e300, -1e300}

// random is memory for n elements: corner values, ordinary values and any bits.
func random(d tensor.DType, n int, rng *rand.Rand) loop.Mem {
	r := d.Real()
	data := make([]byte, n*d.Size())
	for i := 0; i < len(data); i += r.Size() {
		bits := randomBits(r, rng)
		for k := range r.Size() {
			data[i+k] = byte(bits >> (8 * k))
		}
	}
	return loop.Mem{Data: data}
}

func randomBits(d tensor.DType, rng *rand.Rand) uint64 {
	v, kind := corners[rng.IntN(len(corners))], rng.IntN(4)
	if kind == 1 {
		v = rng.NormFloat64()
	}
	switch {
	case d == tensor.Bool:
		return uint64(rng.IntN(3)) // 2 is true as well
	case kind == 0:
		return rng.Uint64()
	case d == tensor.F32:
		return uint64(math.Float32bits(float32(v)))
	case d == tensor.F64:
		return math.Float64bits(v)
	case kind == 1:
		return 1 << (d.Size()*8 - 1)
	}
	return uint64(rng.IntN(5) - 2)
}
