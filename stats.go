package einc

import (
	"runtime/metrics"
)

// Stats says what calls of a function cost in memory.
type Stats struct {
	Engine      string // "native (compiled)", "native (disk cache)" or "interpreter"
	Output      int64  // bytes of the result
	Temporaries int64  // bytes of intermediate tensors
	Workspace   int64  // bytes of packing buffers and tables, for all workers
	Mapped      int64  // bytes of temporaries and workspace held outside the Go heap
}

// Stats describes the function's first variant.
func (f *Func) Stats() Stats {
	v := (*f.variants.Load())[0]
	s := Stats{Engine: "interpreter", Temporaries: f.c.plan.Arena}
	s.Output = int64(f.expected[0].dtype.Size())
	for _, n := range f.expected[0].shape {
		s.Output *= int64(n)
	}
	s.Workspace = v.unit.Program.Shared + v.unit.Program.Worker
	if v.kernel != nil {
		s.Engine = "native (" + v.kernel.source + ")"
		s.Workspace, s.Mapped = v.kernel.Workspace()
	}
	return s
}

// AllocatedBytes is what the process has allocated on the Go heap so far, freed memory included.
func AllocatedBytes() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
