package einc

import goruntime "runtime"

// Stats says what calls of a function cost in memory.
type Stats struct {
	Engine      string // "native (compiled)", "native (disk cache)" or "interpreter"
	Output      int64  // bytes of the result
	Temporaries int64  // bytes of intermediate tensors
	Workspace   int64  // bytes of packing buffers and tables, for all workers
	Mapped      int64  // bytes of temporaries and workspace held outside the Go heap
	Uncached    error  // why the disk cache could not be used, if it was wanted
}

// Stats describes the function's first variant. Of open extents it takes those that the function was compiled with.
func (f *Func) Stats() Stats {
	if !f.compiled() {
		return Stats{}
	}
	v := (*f.variants.Load())[0]
	s := Stats{Engine: "interpreter", Temporaries: f.c.plan.Arena}
	out := f.c.problem.Tensors[f.c.problem.Output]
	s.Output = int64(out.DType.Size())
	for _, n := range out.Shape {
		s.Output *= int64(n)
	}
	s.Workspace = v.unit.Program.Shared + v.unit.Program.Worker
	if v.kernel != nil {
		s.Engine = "native (" + v.kernel.source + ")"
		m := v.kernel.Memory(f.c.opts.Workers)
		s.Workspace, s.Mapped = m.Shared+m.Worker*int64(m.Workers), m.Mapped()
		s.Uncached = v.kernel.uncached
	}
	return s
}

// AllocatedBytes is what the process has allocated on the Go heap so far, freed memory included. It
// stops the program for a moment.
func AllocatedBytes() int64 {
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.TotalAlloc)
}
