//go:build linux && (amd64 || arm64)

package runtime

import (
	"context"
	"fmt"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/runtime/object"
)

// firstTask is where the launches of these tests begin, so that tasks and elements are not the same.
const firstTask = 3

// visit counts in the first parameter which elements a launch of so many tasks visits: those from row on, as loops
// move it. Each takes as long as the second parameter says.
func visit(tasks int, nanos float64, row int64, moves ...object.Move) object.Launch {
	l := launchOf("spin", tasks, nanos, object.Arg{Offset: 8 * int64(tasks) * row, Moves: moves}, param(1))
	l.First = firstTask
	return l
}

// TestLoopsVisitEverythingOnce has launches before, in, between and after loops, which stand in a loop themselves, or
// are shared by workers.
func TestLoopsVisitEverythingOnce(t *testing.T) {
	withProcs(t, 4)
	for _, parallel := range []bool{false, true} {
		for _, tasks := range []int{1, 7, 50} {
			for _, nanos := range []float64{1, 2e3, 60e3} {
				row := 8 * int64(tasks)
				outer, inner := object.Move{Loop: 0, Bytes: row / 2, Dim: object.NoDim}, object.Move{Loop: 1, Bytes: row, Dim: object.NoDim}
				twice, last := object.Move{Loop: 0, Bytes: row, Dim: object.NoDim}, object.Move{Loop: 2, Bytes: row, Dim: object.NoDim}
				o := testObject(2, tasks*19+firstTask,
					visit(tasks, nanos, 0),
					visit(tasks, nanos, 0, outer),
					visit(tasks, nanos, 1, twice, inner),
					visit(tasks, nanos, 9, outer),
					visit(tasks, nanos, 13),
					visit(tasks, nanos, 14, last),
					visit(tasks, nanos, 18))
				o.Loops = []object.Loop{{First: 1, End: 4, Begin: 2, Step: 2, Count: 3, Parallel: parallel},
					{First: 2, End: 3, Begin: 1, Step: 1, Count: 2}, {First: 5, End: 6, Step: 1, Count: 4, Parallel: !parallel}}
				k := load(t, o)
				for _, workers := range []int{1, 2, 4} {
					checkVisits(t, k, tasks*19, nil, workers, fmt.Sprint(parallel, tasks, nanos, workers))
				}
			}
		}
	}
}

// checkVisits runs a kernel that is to visit n elements once.
func checkVisits(t *testing.T, k *Kernel, n int, dims []int64, workers int, what string) {
	out, want := make([]int64, n+firstTask+1), make([]int64, n+firstTask+1)
	for i := range n {
		want[firstTask+i] = 1
	}
	spins := []int64{int64(1 + 500*(workers-1))} // so that helpers find something left to do
	require.NoError(t, k.Run(context.Background(), ptrs(out, spins), dims, workers), what)
	require.Equal(t, want, out, what)
}

// TestTurns has launches that take other tasks at every position of a loop, alone and within a loop that workers share:
// what is visited lies in rows of tasks, as many as there are turns, and again for each position of the outer loop.
func TestTurns(t *testing.T) {
	withProcs(t, 4)
	const turns, rows = 5, 3
	for _, parallel := range []bool{false, true} {
		for _, tasks := range []int{1, 7, 50} {
			for _, nanos := range []float64{1, 2e3, 20e3, 60e3} {
				half := turns * tasks
				first := visit(tasks, nanos, 0, object.Move{Loop: 0, Bytes: 8 * 2 * int64(half), Dim: object.NoDim})
				first.Advance = 2
				second := first
				second.First += int64(half)
				o := testObject(2, rows*2*half+firstTask, first, second)
				o.Loops = []object.Loop{{First: 0, End: 2, Step: 1, Count: rows, Parallel: parallel}, {First: 0, End: 2, Step: 1, Count: turns}}
				k := load(t, o)
				for _, workers := range []int{1, 2, 4} {
					checkVisits(t, k, rows*2*half, nil, workers, fmt.Sprint(parallel, tasks, nanos, workers))
				}
			}
		}
	}
}

// openObject is of a kernel whose extents are left to calls: dims has the tasks of a position, and the positions, of a
// loop that moves a launch on; and the bytes of temporaries.
func openObject(nanos float64) *object.Object {
	l := launchOf("spin", 0, nanos, param(0), param(1))
	l.First, l.TasksDim, l.Advance, l.Scale = firstTask, 1, 1, 1
	o := testObject(2, object.Open(0), l)
	o.Sizes, o.ArenaDim = []string{"i"}, 3
	o.Dims = []object.Dim{{Op: object.DimExtent}, {Op: object.DimMin, A: 0, B: object.NoDim, Value: 1 << 10}, {Op: object.DimMul, A: 0, B: object.NoDim, Value: 64}}
	o.Loops = []object.Loop{{First: 0, End: 1, Step: 1, CountDim: 2}}
	return o
}

// TestOpenLoops has a kernel called with counts that differ from call to call, and larger temporaries.
func TestOpenLoops(t *testing.T) {
	withProcs(t, 4)
	for _, nanos := range []float64{1, 1e3, 60e3} {
		k := load(t, openObject(nanos))
		for _, c := range [][3]int64{{5, 4, 128}, {1, 9, 64}, {0, 3, 320}, {40, 1, 64}, {3, 0, 192}, {7, 7, 256}} {
			for _, workers := range []int{1, 3} {
				checkVisits(t, k, int(c[0]*c[1]), c[:], workers, fmt.Sprint(nanos, c, workers))
			}
		}
		f, err := k.frames.take(0)
		require.NoError(t, err)
		require.EqualValues(t, 320, f.room, "what the largest call took serves the others")
		require.Equal(t, f.room+k.Memory(0).Worker*int64(len(f.workers)), f.bytes)
		k.frames.put(f)
	}
}

// TestOpenParametersMayBeEmpty: only a call knows whether a parameter has elements.
func TestOpenParametersMayBeEmpty(t *testing.T) {
	k := load(t, openObject(1))
	require.NoError(t, k.Run(context.Background(), make([]unsafe.Pointer, 2), []int64{0, 1, 64}, 1))
}

// TestOpenLaunchesTakeTheirTimeFromCalls: how a launch is cut and shared follows from the sizes of a call.
func TestOpenLaunchesTakeTheirTimeFromCalls(t *testing.T) {
	l := launch{open: entries{tasks: 1, scale: 2, nanos: 100}}
	l.settle([]int64{50, 7})
	require.Equal(t, []float64{50, 700, 35e3}, []float64{float64(l.tasks), l.task, l.nanos})
	require.Equal(t, object.CallTasks(700), l.chunk)
	l.settle([]int64{3, 0})
	require.Equal(t, []float64{3, 100, 300}, []float64{float64(l.tasks), l.task, l.nanos}, "no task takes less than one item")
}

// TestHelpersComeIfInvited: a job has memory for the workers that may take part, and no others.
func TestHelpersComeIfInvited(t *testing.T) {
	p, j := &pool{}, &job{}
	p.current.Store(j)
	j.invited.Store(3)
	j.left.Store(1)
	for worker, want := range []*job{1: j, 2: j, 3: nil} {
		if worker > 0 {
			require.Equal(t, want, p.offer(&helper{worker: worker}), "worker %d", worker)
		}
	}
	j.left.Store(0)
	require.Nil(t, p.offer(&helper{worker: 1}))
}
