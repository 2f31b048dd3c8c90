package object

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sample has something in every field.
func sample() *Object {
	return &Object{
		Einc: "v0.1.0", LLVM: "22.1.8", Triple: "x86_64-unknown-linux-gnu", CPU: "x86-64-v3",
		Features: []string{"AVX2", "FMA3"},
		Modules:  [][]byte{[]byte("\x7fELF one"), []byte("\x7fELF two")},
		Symbols:  []Symbol{{"einc_a", 0, 256}, {"einc_b", 1, 4096}},
		Launches: []Launch{
			{Symbol: 0, First: 6, Tasks: 4, Nanos: 1.5e4, Scale: 1, Args: []Arg{
				{Area: AreaArena, Offset: 128, Moves: []Move{{0, 8, 1}, {1, 64, NoDim}}}, {Area: AreaParam, Index: 1, Offset: -24},
				{Area: AreaWorker, Offset: 8}, {Area: AreaShared}, {Area: AreaArena, Dim: 3}}},
			{Symbol: 1, TasksDim: 4, Advance: 4, Args: []Arg{{Area: AreaParam}, {Area: AreaArena, Offset: 128, Moves: []Move{{2, 64, NoDim}}}, {Area: AreaDims}}},
		},
		Params: []Param{
			{Name: "Y", DType: "f32", Size: 4, Shape: []int{2, Open(0)}},
			{Name: "α", DType: "f32", Size: 4, Shape: []int{7}, Strides: []int{-1}},
			{DType: "f32", Size: 4, Strides: []int{}},
		},
		Loops: []Loop{{0, 1, 1, 2, 3, 0, true}, {0, 1, 0, 1, 2, 0, false}, {1, 2, 0, 2, 2, 0, false}, {1, 2, 0, 1, 0, 5, false}},
		Sizes: []string{"j"},
		Dims: []Dim{Stride(0, 0), Stride(0, 1), {Op: DimExtent}, {Op: DimMul, A: 2, B: NoDim, Value: 4, Most: 1 << 20},
			{Op: DimMax, A: 3, B: 2}},
		Arena: 256, Shared: 64, Worker: 64,
	}
}

func TestRoundTrip(t *testing.T) {
	for _, o := range []*Object{sample(), {Params: []Param{{DType: "bool", Size: 1}}}} {
		b := Encode(o)
		require.Equal(t, b, Encode(o))
		got, err := Decode(b)
		require.NoError(t, err)
		require.Equal(t, o, got)
		clear(b)
		require.Equal(t, o, got, "the object must not share memory with the file")
	}
}

// TestFormatIsPinned fails when the bytes change, which must come with another version number.
func TestFormatIsPinned(t *testing.T) {
	b := Encode(&Object{Einc: "e", Params: []Param{{Name: "n", DType: "f64", Size: 8, Shape: []int{1}, Strides: []int{-1}}}})
	require.Equal(t, 4, version)
	require.Equal(t, "EINCOBJ\n"+"\x04\x00\x00\x00"+"\x7e\x00\x00\x00\x00\x00\x00\x00"+
		"\x01\x00\x00\x00e"+strings.Repeat("\x00", 4*3)+strings.Repeat("\x00", 4*5)+
		"\x01\x00\x00\x00"+"\x01\x00\x00\x00n"+"\x03\x00\x00\x00f64"+"\x08\x00\x00\x00\x00\x00\x00\x00"+
		"\x01\x00\x00\x00"+"\x01\x00\x00\x00\x00\x00\x00\x00"+"\x01"+"\x01\x00\x00\x00"+strings.Repeat("\xff", 8)+
		strings.Repeat("\x00", 4+4+4*8), string(b[:len(b)-sha256.Size]))
}

func TestEveryDamageIsSeen(t *testing.T) {
	b := Encode(sample())
	for n := range b {
		_, err := Decode(b[:n])
		require.Error(t, err, "cut to %d bytes", n)
		c := bytes.Clone(b)
		c[n] ^= 1 << (n % 8)
		_, err = Decode(c)
		require.Error(t, err, "byte %d changed", n)
	}
	_, err := Decode(append(bytes.Clone(b), 0))
	require.Error(t, err)
	_, err = Decode(nil)
	require.ErrorContains(t, err, "does not begin")
}

// seal gives a payload a right header and checksum, to reach what lies behind them.
func seal(v uint32, payload []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(magic), v)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(payload)))
	b = append(b, payload...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func payload(o *Object) []byte {
	var e encoder
	e.object(o)
	return e.b
}

func TestDecodeBehindTheChecksum(t *testing.T) {
	p := payload(sample())
	_, err := Decode(seal(version, p))
	require.NoError(t, err)
	_, err = Decode(seal(version+1, p))
	require.ErrorContains(t, err, "format version 5, this einc reads 4")
	_, err = Decode(seal(version, append(bytes.Clone(p), 7)))
	require.ErrorContains(t, err, "1 bytes follow the last field")
	for n := range p {
		_, err = Decode(seal(version, p[:n]))
		require.Error(t, err, "payload cut to %d bytes", n)
	}
	bad := sample()
	bad.Launches[0].Symbol = 2
	_, err = Decode(Encode(bad))
	require.ErrorContains(t, err, "launch 0 runs symbol 2 of 2")
}

// TestDecodeTakesLittleMemory promises lists that the file does not hold.
func TestDecodeTakesLittleMemory(t *testing.T) {
	huge := bytes.Repeat([]byte{0xff}, 1<<16)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for n := range 64 {
		p := append(make([]byte, 4*n), huge...)
		_, err := Decode(seal(version, p))
		require.Error(t, err)
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
}

func TestCheck(t *testing.T) {
	require.NoError(t, sample().Check())
	for want, breaks := range map[string]func(*Object){
		"no parameters":                        func(o *Object) { o.Params = nil },
		"loop 2: around launches 1 to 2 of 2":  func(o *Object) { o.Loops[2].End = 3 },
		"loop 0: 3 positions, 0 items apart":   func(o *Object) { o.Loops[0].Step = 0 },
		"loop 1: it begins before":             func(o *Object) { o.Loops[0] = Loop{1, 2, 0, 1, 1, 0, false} },
		"loop 1: it ends outside":              func(o *Object) { o.Loops[1].End = 2 },
		"loop 1: it is parallel and inside":    func(o *Object) { o.Loops[1].Parallel = true },
		"moves with loop 2, which is not":      func(o *Object) { o.Launches[0].Args[0].Moves[1].Loop = 2 },
		"it moves by dims[5] of 5":             func(o *Object) { o.Launches[0].Args[0].Moves[0].Dim = 5 },
		"as it moves: offset 320 in arena":     func(o *Object) { o.Launches[1].Args[1].Moves[0].Bytes = 96 },
		"it moves by more than":                func(o *Object) { o.Launches[1].Args[1].Moves[0].Bytes = math.MinInt64 },
		"-1 bytes of arena":                    func(o *Object) { o.Arena = -1 },
		"bytes of shared workspace; the limit": func(o *Object) { o.Shared = MaxBytes + 1 },
		"-64 bytes of workspace for each":      func(o *Object) { o.Worker = -64 },
		"module 1 is empty":                    func(o *Object) { o.Modules[1] = nil },
		`"a b" is not a plain`:                 func(o *Object) { o.Symbols[0].Name = "a b" },
		`"" is not a plain`:                    func(o *Object) { o.Symbols[0].Name = "" },
		"a second kernel of the name einc_b":   func(o *Object) { o.Symbols[0].Name = "einc_b" },
		"is in module 2 of 2":                  func(o *Object) { o.Symbols[0].Module = 2 },
		"stack frame of -1":                    func(o *Object) { o.Symbols[0].Frame = -1 },
		"elements of 0 bytes":                  func(o *Object) { o.Params[0].Size = 0 },
		"it has no type":                       func(o *Object) { o.Params[0].DType = "" },
		"2 strides for 1 axes":                 func(o *Object) { o.Params[1].Strides = []int{1, 1} },
		"axis 1 has extent -3":                 func(o *Object) { o.Params[0].Shape[1] = -3 },
		"has more than":                        func(o *Object) { o.Params[0].Shape = []int{1 << 32, 1 << 32} },
		"spans more than":                      func(o *Object) { o.Params[1].Strides[0] = math.MinInt },
		"rank 1025":                            func(o *Object) { o.Params[0].Shape = make([]int, 1025) },
		"a stride of parameter 3 of 3":         func(o *Object) { o.Dims[0].Param = 3 },
		"axis 2 of a parameter of rank 2":      func(o *Object) { o.Dims[1].Axis = 2 },
		"launch 1 runs symbol -1":              func(o *Object) { o.Launches[1].Symbol = -1 },
		"begins at task -1":                    func(o *Object) { o.Launches[0].First = -1 },
		"has -1 tasks":                         func(o *Object) { o.Launches[0].Tasks = -1 },
		"estimated at NaN":                     func(o *Object) { o.Launches[0].Nanos = math.NaN() },
		"estimated at +Inf":                    func(o *Object) { o.Launches[0].Nanos = math.Inf(1) },
		"offset 136 in the arena":              func(o *Object) { o.Launches[0].Args[0].Offset = 136 },
		"offset 320 in arena of 256 bytes":     func(o *Object) { o.Launches[0].Args[0].Offset = 320 },
		"offset -1 in worker":                  func(o *Object) { o.Launches[0].Args[2].Offset = -1 },
		"offset 65 in shared of 64 bytes":      func(o *Object) { o.Launches[0].Args[3].Offset = 65 },
		"it is parameter 3 of 3":               func(o *Object) { o.Launches[0].Args[1].Index = 3 },
		"not that of an element of parameter":  func(o *Object) { o.Launches[0].Args[1].Offset = -28 },
		"offset -23 is not":                    func(o *Object) { o.Launches[0].Args[1].Offset = -23 },
		"the dims array, and the object has": func(o *Object) {
			o.Dims, o.Launches[1].TasksDim = nil, 0
			o.Launches[0] = o.Launches[1]
		},
		"dims[3] follows from entries 3":        func(o *Object) { o.Dims[3].A = 3 },
		"dims[2] is size 1 of 1":                func(o *Object) { o.Dims[2].Axis = 1 },
		"dims[4] is no entry":                   func(o *Object) { o.Dims[4].Op = dimOps },
		"launch 1: entry 5 of 5 dims":           func(o *Object) { o.Launches[1].TasksDim = 6 },
		"its count of positions is entry 8":     func(o *Object) { o.Loops[2].CountDim, o.Loops[2].Count = 9, 0 },
		"advances with loop 2, which is not":    func(o *Object) { o.Launches[0].Advance = 3 },
		"offset in worker that depends on size": func(o *Object) { o.Launches[0].Args[2] = Arg{Area: AreaWorker, Dim: 1} },
		"unknown area 5":                        func(o *Object) { o.Launches[0].Args[0].Area = 5 },
		"arena has no index 1":                  func(o *Object) { o.Launches[0].Args[0].Index = 1 },
		"with loop 2, whose items are not its":  func(o *Object) { o.Launches[1].Advance = 3 },
		"to more tasks than can be counted": func(o *Object) {
			o.Loops[1].Count = 1 << 40
			o.Launches[0].Advance, o.Launches[0].Tasks = 2, 1<<23
		},
		"loop 1: its count is an entry of dims": func(o *Object) { o.Loops[1].Count, o.Loops[1].CountDim = 0, 4 },
		"loop 1: it ends outside the":           func(o *Object) { o.Loops[0].Parallel, o.Loops[1] = false, Loop{0, 2, 0, 1, 0, 4, false} },
		"loop 2: 0 positions, 0 items apart":    func(o *Object) { o.Loops[2] = Loop{1, 2, 0, 0, 0, 4, false} },
		"argument 1: it moves by more than": func(o *Object) { // in all by 2^64 bytes
			o.Launches[1].Args[1].Moves = slices.Repeat([]Move{{2, 1 << 44, NoDim}}, 1<<19)
		},
	} {
		o := sample()
		breaks(o)
		require.ErrorContains(t, o.Check(), want)
	}
}

func TestCheckLetsCornersPass(t *testing.T) {
	o := sample()
	o.Params[0].Shape = []int{math.MaxInt, 0} // nothing in it
	o.Params[1] = Param{DType: "f32", Size: 4, Shape: []int{0}, Strides: []int{math.MaxInt}}
	o.Launches[0].Args[1].Offset = 0
	require.NoError(t, o.Check())
}

func TestString(t *testing.T) {
	want := `object x86_64-unknown-linux-gnu x86-64-v3, LLVM 22.1.8, einc v0.1.0
  needs AVX2 FMA3
  memory arena 256, shared 64, each worker 64 bytes
  module 0: 8 bytes
  module 1: 8 bytes
  param 0: Y f32 [2 j] strides at run time
  param 1: α f32 [7] strides [-1]
  param 2: – f32 [] strides []
  dims 0: stride of param 0 axis 0
  dims 1: stride of param 0 axis 1
  dims 2: size j
  dims 3: product of dims[2] and 4, at most 1048576
  dims 4: maximum of dims[3] and dims[2]
  kernel einc_a: module 0, stack 256 bytes
  kernel einc_b: module 1, stack 4096 bytes
  launch 0: einc_a(arena+128+8·dims[1]·loop 0+64·loop 1, param 1-24, worker+8, shared, arena+dims[2]) × 4 tasks from 6 of 1.5e+04·dims[0] ns
  launch 1: einc_b(param 0, arena+128+64·loop 2, dims) × dims[3] tasks moved on by loop 3 of 0 ns
  loop 0: launches 0 to 0 × 3 positions, 2 items apart from 1 on, in parallel
  loop 1: launches 0 to 0 × 2 positions, 1 items apart
  loop 2: launches 1 to 1 × 2 positions, 2 items apart
  loop 3: launches 1 to 1 × dims[4] positions, 1 items apart
`
	require.Equal(t, want, sample().String())
	o := sample()
	o.Launches[0].Symbol, o.Launches[0].Args[0].Area = 9, 9
	require.Contains(t, o.String(), "launch 0: symbol 9(area 9+128")
}

// TestMutatedPayloads changes bytes under a right checksum: an error, or an object that encodes to the
// very file.
func TestMutatedPayloads(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	p := payload(sample())
	for range 20000 {
		c := bytes.Clone(p)
		for range 1 + rnd.Intn(3) {
			c[rnd.Intn(len(c))] = byte(rnd.Intn(256))
		}
		checkDecode(t, seal(version, c))
	}
}

func checkDecode(t *testing.T, file []byte) {
	o, err := Decode(file)
	if err != nil {
		return
	}
	_ = o.String()
	require.Equal(t, file, Encode(o))
}

func FuzzDecode(f *testing.F) {
	f.Add(payload(sample()), true)
	f.Add(Encode(sample()), false)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		if sealed {
			b = seal(version, b)
		}
		checkDecode(t, b)
	})
}

func TestDerive(t *testing.T) {
	for _, x := range []struct {
		d    Dim
		want int64
	}{
		{Dim{Op: DimAdd, A: 0, B: 1}, 22}, {Dim{Op: DimAdd, A: 0, B: NoDim, Value: -1}, 16}, {Dim{Op: DimMul, A: 0, B: 1}, 85},
		{Dim{Op: DimCeilDiv, A: 0, B: 1}, 4}, {Dim{Op: DimMin, A: 0, B: 1}, 5}, {Dim{Op: DimMax, A: 0, B: 1, Most: 17}, 17},
		{Dim{Op: DimMul, A: 2, B: NoDim, Value: 3}, -6},
	} {
		got, err := x.d.Derive([]int64{17, 5, -2})
		require.NoError(t, err)
		require.Equal(t, x.want, got, "%+v", x.d)
	}
	for _, d := range []Dim{
		{Op: DimMul, A: 0, B: NoDim, Value: 1 << 60}, {Op: DimCeilDiv, A: 0, B: 2}, {Op: DimCeilDiv, A: 2, B: 1},
		{Op: DimMax, A: 0, B: 1, Most: 16}, {Op: DimAdd, A: 0, B: NoDim, Value: 1 << 62},
	} {
		_, err := d.Derive([]int64{17, 5, -2})
		require.ErrorContains(t, err, "too large", "%+v", d)
	}
	_, err := (&Dim{Op: DimAdd, A: 0, B: 0}).Derive([]int64{math.MaxInt64})
	require.ErrorContains(t, err, "too large")
}
