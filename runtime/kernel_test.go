//go:build linux && (amd64 || arm64)

package runtime

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/runtime/object"
)

var kernelNames = []string{"add", "scale", "calls", "rev", "spin", "where", "deep", "sp", "empty"}

// kernelELF holds all test kernels in one file; symbol i+1 is kernel i, and the constant follows.
func kernelELF() []byte {
	f := &testELF{machine: hostMachine, kind: elf.ET_REL}
	text := testSection{name: ".text", kind: elf.SHT_PROGBITS, flags: textFlags, align: 16}
	for _, name := range kernelNames {
		at := alignUp(uint64(len(text.data)), 16)
		text.data = append(text.data, make([]byte, at-uint64(len(text.data)))...)
		text.data = append(text.data, unhex(kernelCode[name])...)
		f.symbols = append(f.symbols, testSymbol{name, 1, elf.STT_FUNC, at})
		use := func(relocs []reloc, symbol int) {
			for _, r := range relocs {
				text.relocs = append(text.relocs, reloc{offset: at + r.offset, kind: r.kind, symbol: uint32(symbol), addend: r.addend})
			}
		}
		switch name {
		case "scale":
			use(scaleRelocs, len(kernelNames)+1)
		case "calls":
			use(callsRelocs, 1)
		}
	}
	f.symbols = append(f.symbols, testSymbol{".LC0", 2, elf.STT_OBJECT, 16})
	constants := binary.LittleEndian.AppendUint64(make([]byte, 16), 7)
	f.sections = []testSection{text,
		{name: ".rodata.cst16", kind: elf.SHT_PROGBITS, flags: constFlags, align: 16, data: append(constants, make([]byte, 8)...)}}
	return f.bytes()
}

// testObject has the test kernels as symbols, and parameters of n int64.
func testObject(params, n int, launches ...object.Launch) *object.Object {
	o := &object.Object{Modules: [][]byte{kernelELF()}, Launches: launches}
	for _, name := range kernelNames {
		o.Symbols = append(o.Symbols, object.Symbol{Name: name, Frame: 300})
	}
	for range params {
		o.Params = append(o.Params, object.Param{DType: "i64", Size: 8, Shape: []int{n}, Strides: []int{1}})
	}
	return o
}

func launchOf(name string, tasks int, nanos float64, args ...object.Arg) object.Launch {
	return object.Launch{Symbol: slices.Index(kernelNames, name), Tasks: int64(tasks), Nanos: nanos, Args: args}
}

func param(i int) object.Arg { return object.Arg{Index: i} }

func area(a object.Area, off int64) object.Arg { return object.Arg{Area: a, Offset: off} }

var dimsArg = area(object.AreaDims, 0)

func load(t testing.TB, o *object.Object) *Kernel {
	k, err := Load(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	return k
}

func ptrs(slices ...[]int64) (p []unsafe.Pointer) {
	for _, s := range slices {
		p = append(p, unsafe.Pointer(unsafe.SliceData(s)))
	}
	return p
}

func iota64(n int, step int64) []int64 {
	s := make([]int64, n)
	for i := range s {
		s[i] = int64(i) * step
	}
	return s
}

// withProcs makes the pool have helpers on machines with one core.
func withProcs(t testing.TB, n int) {
	old := goruntime.GOMAXPROCS(n)
	t.Cleanup(func() { goruntime.GOMAXPROCS(old) })
}

func TestRunKernels(t *testing.T) {
	const n = 37
	a, b, out := iota64(n, 3), iota64(n, 100), make([]int64, n)
	for name, want := range map[string]func(i int) int64{
		"add":   func(i int) int64 { return a[i] + b[i] },
		"calls": func(i int) int64 { return a[i] + b[i] },
		"scale": func(i int) int64 { return a[i] * 7 },
	} {
		k := load(t, testObject(3, n, launchOf(name, n, 1, param(0), param(1), param(2))))
		clear(out)
		require.NoError(t, k.Run(context.Background(), ptrs(out, a, b), nil, 0))
		for i := range out {
			require.Equal(t, want(i), out[i], "%s[%d]", name, i)
		}
	}
}

// TestAreas runs two launches with a temporary between them: the second reads what the first wrote last,
// first, so it is wrong without a barrier. Each length of task makes another path of the runtime.
func TestAreas(t *testing.T) {
	withProcs(t, 4)
	for _, n := range []int{1, 5, 1000, 200_000} {
		for _, nanos := range []float64{0, 1, 400, 60e3} {
			if float64(n)*nanos > 1e9 {
				continue
			}
			for _, where := range []object.Area{object.AreaArena, object.AreaShared} {
				o := testObject(3, n, launchOf("add", n, nanos, area(where, 64), param(1), param(2)), launchOf("spin", 0, 1),
					launchOf("rev", n, nanos, param(0), area(where, 64), dimsArg))
				o.Arena, o.Shared = int64(n)*8+64, int64(n)*8+64
				o.Dims = []object.Dim{{Param: 0, Axis: 0}}
				k := load(t, o)
				a, b, out := iota64(n, 3), iota64(n, 100), make([]int64, n)
				for _, workers := range []int{1, 2, 4, 0} {
					clear(out)
					require.NoError(t, k.Run(context.Background(), ptrs(out, a, b), []int64{int64(n)}, workers))
					want := iota64(n, 103)
					slices.Reverse(want)
					require.True(t, slices.Equal(want, out), "n %d, task of %v ns, %d workers", n, nanos, workers)
				}
			}
		}
	}
}

// TestWorkers looks at which worker's space each task saw.
func TestWorkers(t *testing.T) {
	withProcs(t, 4)
	const n = 64
	o := testObject(1, n, launchOf("spin", n, 100e3, param(0), dimsArg), launchOf("where", n, 100e3, param(0), area(object.AreaWorker, 8)))
	o.Dims = []object.Dim{{Param: 0, Axis: 0}}
	o.Worker = 100
	k := load(t, o)
	for _, workers := range []int{1, 3, 0} {
		out := make([]int64, n)
		require.NoError(t, k.Run(context.Background(), ptrs(out), []int64{1000}, workers))
		seen := map[int64]bool{}
		for _, p := range out {
			seen[p] = true
			require.EqualValues(t, 8, p%lineSize, "spaces are aligned")
		}
		require.LessOrEqual(t, len(seen), k.Memory(workers).Workers)
	}
	f, err := k.frames.take(0)
	require.NoError(t, err)
	require.Equal(t, k.Memory(0).Worker*int64(k.Memory(0).Workers), f.bytes, "what is allocated is what Memory says")
	k.frames.put(f)
	require.Equal(t, 3, k.Memory(3).Workers)
	require.Equal(t, 4, k.Memory(0).Workers)
	require.Equal(t, 4, k.Memory(100).Workers, "no more than GOMAXPROCS")
	m := k.Memory(0)
	require.EqualValues(t, 400, m.Shared+m.Worker*int64(m.Workers))
	require.Zero(t, m.Mapped())
}

// TestEveryTaskOnce lets many goroutines use the pool and one kernel at once.
func TestEveryTaskOnce(t *testing.T) {
	withProcs(t, 4)
	const n = 60
	o := testObject(1, n, launchOf("spin", n, 5e3, param(0), dimsArg), launchOf("spin", n, 10, param(0), dimsArg), launchOf("spin", n, 30e3, param(0), dimsArg))
	o.Dims = []object.Dim{{Param: 0, Axis: 0}}
	o.Worker = 64
	k := load(t, o)
	var wrong atomic.Int64
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for range 100 {
				out := make([]int64, n)
				if err := k.Run(context.Background(), ptrs(out), []int64{300}, g%5); err != nil {
					wrong.Add(1)
				}
				for _, v := range out {
					if v != 3 {
						wrong.Add(1)
					}
				}
			}
		})
	}
	wg.Wait()
	require.Zero(t, wrong.Load())
	require.Zero(t, callsOutside.Load())
	require.False(t, helpers.busy.Load())
}

// TestStack uses all the stack that each class promises, on fresh goroutines at every depth, while the
// collector moves stacks and recycles what it believes to be garbage.
func TestStack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			select {
			case <-stop:
				return
			default:
				goruntime.GC()
				goruntime.Stack(buf, true)
			}
		}
	})
	for _, frame := range []int{0, 1 << 10, 1<<10 + 1, 32 << 10, 256 << 10} {
		for _, nanos := range []float64{1, 100e3} {
			o := testObject(1, 2, launchOf("deep", 1, nanos, param(0), dimsArg))
			o.Dims = []object.Dim{{Param: 0, Axis: 0}}
			for i := range o.Symbols {
				o.Symbols[i].Frame = frame
			}
			k := load(t, o)
			use := int64(max(frame, 1<<10)-16) &^ 15 // less the return address; SP stays aligned
			for depth := range 24 {
				wg.Go(func() { require.Equal(t, use+int64(depth), deepCall(t, k, use, depth)) })
			}
		}
	}
	time.Sleep(100 * time.Millisecond)
	close(stop)
	wg.Wait()
	o := testObject(1, 2, launchOf("deep", 1, 1, param(0)))
	o.Symbols[6].Frame = 256<<10 + 1
	_, err := Load(o)
	require.ErrorContains(t, err, "kernel deep: it needs 262145 bytes of stack; 262144 is the most")
}

// TestStackPointer checks that kernels start at the top of the trampoline's frame, just below the caller.
func TestStackPointer(t *testing.T) {
	k := load(t, testObject(1, 1, launchOf("sp", 1, 1, param(0))))
	sp := make([]uintptr, 1)
	args := []unsafe.Pointer{unsafe.Pointer(&sp[0])}
	for _, class := range []stackClass{class1K, class32K, class256K} {
		for _, short := range []bool{true, false} {
			var here byte
			for range 2 { // the first call may move the stack
				call(class, short, k.body[0].launches[0].fn, unsafe.Pointer(&args[0]), 0, 1)
			}
			above := int64(uintptr(unsafe.Pointer(&here))) - int64(sp[0])
			require.Positive(t, above, "class %d", class)
			require.Less(t, above, int64(1000), "class %d", class)
			require.EqualValues(t, spRest, sp[0]%16)
		}
	}
}

// deepCall calls the kernel from a recursion; its operand is reachable only through the call.
func deepCall(t testing.TB, k *Kernel, use int64, depth int) int64 {
	var pad [512]byte
	if depth > 0 {
		n := deepCall(t, k, use, depth-1)
		return n + 1 + int64(pad[n%512])
	}
	out := new([2]int64)
	require.NoError(t, k.Run(context.Background(), []unsafe.Pointer{unsafe.Pointer(out)}, []int64{use}, 1))
	return out[0]
}

// TestOperandsStayAlive recycles memory as fast as it can while kernels read operands that nothing but
// the argument block refers to.
func TestOperandsStayAlive(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	const n = 1000
	k := load(t, testObject(3, n, launchOf("add", n, 200, param(0), param(1), param(2))))
	for range 200 {
		out := make([]int64, n)
		p := ptrs(out, iota64(n, 1), iota64(n, 2))
		require.NoError(t, k.Run(context.Background(), p, nil, 0))
		_ = iota64(n, -1)
		require.EqualValues(t, 3*(n-1), out[n-1])
	}
	for i := range k.frames.slots {
		if f := k.frames.slots[i].Load(); f != nil {
			require.Equal(t, make([]unsafe.Pointer, 3), f.bases[:3], "an idle frame keeps no operand alive")
			for _, w := range f.workers {
				require.Equal(t, make([]unsafe.Pointer, 3), w.args)
			}
		}
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	withProcs(t, 2)
	const n = 400
	for _, nanos := range []float64{1, 1e3} {
		o := testObject(3, n, launchOf("add", n, nanos, area(object.AreaArena, 0), param(1), param(2)), launchOf("rev", n, nanos, param(0), area(object.AreaArena, 0), dimsArg))
		o.Dims = []object.Dim{{Param: 0, Axis: 0}}
		o.Arena, o.Worker = largeBytes, 512
		k := load(t, o)
		a, b, out := iota64(n, 3), iota64(n, 100), make([]int64, n)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		for _, ctx := range []context.Context{context.Background(), ctx} {
			require.Zero(t, testing.AllocsPerRun(200, func() {
				dims := [1]int64{n}
				p := [3]unsafe.Pointer{unsafe.Pointer(&out[0]), unsafe.Pointer(&a[0]), unsafe.Pointer(&b[0])}
				if k.Run(ctx, p[:], dims[:], 0) != nil {
					panic("run")
				}
			}))
		}
		require.EqualValues(t, largeBytes, k.Memory(0).Mapped())
	}
}

// TestCancel ends calls that would take seconds, alone and in parallel.
func TestCancel(t *testing.T) {
	withProcs(t, 4)
	const n = 100_000
	o := testObject(1, n, launchOf("spin", n, 100e3, param(0), dimsArg))
	o.Dims = []object.Dim{{Param: 0, Axis: 0}}
	k := load(t, o)
	for _, workers := range []int{1, 4} {
		out := make([]int64, n)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		err := k.Run(ctx, ptrs(out), []int64{200_000}, workers)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, out[n-1])
		cancel()
		require.ErrorIs(t, k.Run(ctx, ptrs(out), []int64{1}, workers), context.DeadlineExceeded)
		clear(out)
		require.NoError(t, k.Run(context.Background(), ptrs(out), []int64{1}, workers))
		require.NotContains(t, out, int64(0), "a cancelled call leaves nothing behind")
		require.NotContains(t, out, int64(2))
	}
}

// TestOneCallWhereNobodyCancels: a worker alone runs a long launch in one call, unless it must look up now and then. The
// kernel writes at the first task of each call.
func TestOneCallWhereNobodyCancels(t *testing.T) {
	const n = 8
	k := load(t, testObject(2, n, launchOf("deep", n, 100e3, param(0), param(1))))
	calls := func(ctx context.Context) (at []int) {
		out := make([]int64, n)
		require.NoError(t, k.Run(ctx, ptrs(out, []int64{16}), nil, 1))
		for i, x := range out {
			if x != 0 {
				at = append(at, i)
			}
		}
		return at
	}
	require.Equal(t, []int{0}, calls(context.Background()))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7}, calls(ctx))
	callsOutside.Add(1 << 20) // too many others are outside: the collector must not wait for all tasks
	defer callsOutside.Add(-1 << 20)
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7}, calls(context.Background()))
}

// TestCancelAmongShortLaunches: launches too short to look by themselves whether the call was cancelled leave that
// to what runs them.
func TestCancelAmongShortLaunches(t *testing.T) {
	withProcs(t, 4)
	const n = 10_000
	short := launchOf("spin", 1, 10, param(0), dimsArg)
	for _, c := range []struct {
		name     string
		launches int
		loops    []object.Loop
	}{
		{"list", n, nil},
		{"serial loop", 1, []object.Loop{{Count: n, Step: 1, End: 1}}},
		{"parallel loop", 1, []object.Loop{{Count: n, Step: 1, End: 1, Parallel: true}}},
		{"loop in parallel loop", 1, []object.Loop{{Count: 2, Step: 1, End: 1, Parallel: true}, {Count: n, Step: 1, End: 1}}},
	} {
		o := testObject(1, 1, slices.Repeat([]object.Launch{short}, c.launches)...)
		o.Loops = c.loops
		o.Dims = []object.Dim{{Param: 0, Axis: 0}}
		k, out := load(t, o), make([]int64, 1)
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			for atomic.LoadInt64(&out[0]) == 0 {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		err := k.Run(ctx, ptrs(out), []int64{200_000}, 1)
		require.ErrorIs(t, err, context.Canceled, c.name)
		require.Positive(t, out[0], c.name)
		require.Less(t, out[0], int64(n), c.name)
	}
}

func TestClose(t *testing.T) {
	withProcs(t, 4)
	const n = 400
	o := testObject(1, n, launchOf("spin", n, 100e3, param(0), dimsArg))
	o.Dims = []object.Dim{{Param: 0, Axis: 0}}
	o.Arena = largeBytes
	k, err := Load(o)
	require.NoError(t, err)
	var wg sync.WaitGroup
	var ran atomic.Int64
	started := make(chan struct{}, 8)
	for range 8 {
		wg.Go(func() {
			for {
				out := make([]int64, n)
				started <- struct{}{}
				if err := k.Run(context.Background(), ptrs(out), []int64{1000}, 0); err != nil {
					require.ErrorIs(t, err, ErrClosed)
					return
				}
				ran.Add(1)
				require.NotContains(t, out, int64(0))
			}
		})
	}
	go func() {
		for range started {
		}
	}()
	time.Sleep(20 * time.Millisecond)
	require.NoError(t, k.Close())
	require.Zero(t, mappedImages(k), "nothing runs once Close returns, so all is unmapped")
	wg.Wait()
	close(started)
	require.NoError(t, k.Close())
	require.ErrorIs(t, k.Run(context.Background(), ptrs(make([]int64, n)), []int64{1}, 0), ErrClosed)
	for i := range k.frames.slots {
		require.Nil(t, k.frames.slots[i].Load())
	}
}

func mappedImages(k *Kernel) (n int) {
	for _, m := range k.images {
		if m.mem != nil {
			n++
		}
	}
	return n
}

func TestForgottenKernelIsUnmapped(t *testing.T) {
	k, err := Load(testObject(1, 1, launchOf("empty", 1, 1, param(0))))
	require.NoError(t, err)
	base := k.images[0].base
	require.True(t, isMapped(t, base))
	k = nil
	for i := 0; i < 100 && isMapped(t, base); i++ {
		goruntime.GC()
		time.Sleep(time.Millisecond)
	}
	require.False(t, isMapped(t, base))
}

// isMapped says whether an executable page begins at the address.
func isMapped(t testing.TB, at uintptr) bool {
	for _, m := range maps(t) {
		if m.from == at && m.mode == "r-xp" {
			return true
		}
	}
	return false
}

type mapping struct {
	from uintptr
	mode string
}

func maps(t testing.TB) (list []mapping) {
	text, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		f := strings.Fields(line)
		from, _, _ := strings.Cut(f[0], "-")
		b := unhex(strings.Repeat("0", 16-len(from)) + from)
		list = append(list, mapping{uintptr(binary.BigEndian.Uint64(b)), f[1]})
	}
	return list
}

func TestNoPageIsWritableAndExecutable(t *testing.T) {
	load(t, testObject(1, 1, launchOf("empty", 1, 1, param(0))))
	for _, m := range maps(t) {
		require.False(t, strings.Contains(m.mode, "w") && strings.Contains(m.mode, "x"), "%#x %s", m.from, m.mode)
	}
}

func TestLoadRefuses(t *testing.T) {
	for want, change := range map[string]func(*object.Object){
		`"AVX9000", which this einc`: func(o *object.Object) { o.Features = []string{"AVX9000"} },
		"lacks: ":                    func(o *object.Object) { o.Features = []string{"SSE2", "ASIMD"} }, // no CPU has both
		"module 1: not an ELF file":  func(o *object.Object) { o.Modules = append(o.Modules, make([]byte, 100)) },
		`no symbol "nosuch"`:         func(o *object.Object) { o.Symbols[0].Name = "nosuch" },
		"symbol add is in module 3":  func(o *object.Object) { o.Symbols[0].Module = 3 },
		"runs symbol 99":             func(o *object.Object) { o.Launches[0].Symbol = 99 },
		"tasks; the limit":           func(o *object.Object) { o.Launches[0].Tasks = 1<<62 + 1 },
	} {
		o := testObject(1, 1, launchOf("add", 1, 1, param(0)))
		change(o)
		_, err := Load(o)
		require.ErrorContains(t, err, want)
	}
	f := sampleELF()
	f.machine = map[elf.Machine]elf.Machine{elf.EM_X86_64: elf.EM_AARCH64, elf.EM_AARCH64: elf.EM_X86_64}[hostMachine]
	f.sections[0].relocs, f.sections[1].relocs = nil, nil
	o := testObject(1, 1)
	o.Modules[0] = f.bytes()
	_, err := Load(o)
	require.ErrorContains(t, err, "the code is for EM_")
}

func TestRunRefuses(t *testing.T) {
	k := load(t, testObject(2, 1, launchOf("empty", 1, 1)))
	one := ptrs([]int64{1}, []int64{1})
	require.NoError(t, k.Run(context.Background(), one, nil, 0))
	require.ErrorContains(t, k.Run(context.Background(), one[:1], nil, 0), "with 1 pointers and 0 dims; it takes 2 and 0")
	require.Error(t, k.Run(context.Background(), one, []int64{1}, 0))
	require.ErrorContains(t, k.Run(context.Background(), []unsafe.Pointer{one[0], nil}, nil, 0), "nil pointer for parameter 1")
	none := load(t, testObject(2, 0, launchOf("empty", 1, 1)))
	require.NoError(t, none.Run(context.Background(), make([]unsafe.Pointer, 2), nil, 0), "nothing is no error")
	o := testObject(1, 1, launchOf("empty", 1, 1))
	o.Arena = 1 << 46
	huge := load(t, o)
	for range 3 {
		if err := huge.Run(context.Background(), ptrs([]int64{1}), nil, 0); err != nil {
			require.ErrorContains(t, err, "workspace of the kernel")
		}
	}
}

// TestLargeFramesAreReleased calls what the idle timer calls.
func TestLargeFramesAreReleased(t *testing.T) {
	for _, bytes := range []int64{128, largeBytes} {
		o := testObject(1, 1, launchOf("empty", 1, 1, param(0)))
		o.Arena = bytes
		k := load(t, o)
		require.NoError(t, k.Run(context.Background(), ptrs([]int64{1}), nil, 0))
		f := k.frames.slots[0].Load()
		require.NotNil(t, f)
		k.frames.drain(largeBytes)
		require.Equal(t, bytes < largeBytes, k.frames.slots[0].Load() != nil)
		require.Equal(t, bytes < largeBytes, f.arena.base != nil)
	}
}

// TestThreadsAreBounded would see dozens of threads if nothing held long calls back: each call lasts long
// enough for the scheduler to give its P to another thread.
func TestThreadsAreBounded(t *testing.T) {
	withProcs(t, 4)
	threads := func() int {
		tasks, err := os.ReadDir("/proc/self/task")
		require.NoError(t, err)
		return len(tasks)
	}
	o := testObject(1, 1, launchOf("spin", 1, 100e3, param(0), dimsArg))
	o.Dims = []object.Dim{{Param: 0, Axis: 0}}
	k := load(t, o)
	before := threads()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			require.NoError(t, k.Run(context.Background(), ptrs(make([]int64, 1)), []int64{40_000_000}, 0))
		})
	}
	wg.Wait()
	require.Less(t, threads()-before, 16)
}

func TestSupported(t *testing.T) {
	require.NoError(t, Supported())
	require.ErrorIs(t, checkFeatures([]string{"SSE2", "ASIMD"}), errors.ErrUnsupported)
}

func BenchmarkRunEmpty(b *testing.B) {
	k := load(b, testObject(3, 4, launchOf("empty", 1, 20, param(0), param(1), param(2))))
	p := ptrs(make([]int64, 4), make([]int64, 4), make([]int64, 4))
	b.ReportAllocs()
	for b.Loop() {
		_ = k.Run(context.Background(), p, nil, 0)
	}
}

func BenchmarkRunParallel(b *testing.B) {
	const n = 16
	o := testObject(1, n, launchOf("spin", n, 10e3, param(0), dimsArg))
	o.Dims = []object.Dim{{Param: 0, Axis: 0}}
	k := load(b, o)
	p := ptrs(make([]int64, n))
	b.ReportAllocs()
	for b.Loop() {
		_ = k.Run(context.Background(), p, []int64{20_000}, 0)
	}
}
