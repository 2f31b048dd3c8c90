package planner

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// orderSearch is a search for the order of a network.
type orderSearch struct {
	ctx      context.Context
	net      *Network
	opts     OrderOptions
	g        *graph
	aim      aim
	start    time.Time
	units    float64 // of the whole search
	sampled  float64 // units that went into measuring the rate
	usual    float64 // units that suit the network's size
	cutShare float64 // the part of units that is kept for fitting into a memory limit
	trials   int
	work     float64
	workers  int
	parts    []componentTree // the components, once they are searched
	block    *block
	model    *cost.Model
	brief    bool // the search is not to take much longer than a run of the greedy order
}

// What an element written counts for, in log2 of multiply-adds: where time is sought, where cotengra's measure
// is, and where nothing else counts.
const (
	writeBits = 4
	comboBits = 6
	onlyBits  = 40
)

// searched is the method of orders that were found by all means.
const searched = "search"

func newOrderSearch(ctx context.Context, n *Network, opts OrderOptions) *orderSearch {
	h := &orderSearch{ctx: ctx, net: n, opts: opts, g: canonical(n), start: time.Now(), workers: opts.Workers}
	if h.workers < 1 {
		h.workers = runtime.GOMAXPROCS(0)
	}
	h.aim = aim{write: math.Inf(-1)}
	switch opts.Objective {
	case BySize:
		h.aim.flat = true
	case ByTime, "":
		h.aim.write = writeBits
	case ByCombo:
		h.aim.write = comboBits
	case ByWrite:
		h.aim.write = onlyBits
	}
	if opts.Type == tensor.Invalid {
		h.opts.Type = tensor.F64
	}
	h.model = h.opts.Target.Model()
	h.block = newBlock(h.aim)
	return h
}

// run searches.
func (h *orderSearch) run() (*Order, error) {
	if h.opts.Budget.Time > 0 {
		ctx, cancel := context.WithDeadline(h.ctx, h.start.Add(h.opts.Budget.Time/100*97))
		defer cancel()
		h.ctx = ctx
	}
	o := &Order{Seed: h.opts.Seed, Slices: 1}
	var t tree
	t, o.Method = h.tree()
	if err := h.finish(o, t); err != nil {
		return nil, err
	}
	if o.Method == searched && h.ctx.Err() == nil {
		o.Budget = h.units
	}
	return o, nil
}

// tree finds a tree, and says what found it.
func (h *orderSearch) tree() (tree, string) {
	n := len(h.g.legs)
	if n < 2 {
		return nil, "exact"
	}
	if h.opts.Method == "greedy" {
		t, work := greedily(h.g, greedyScore{c: 1}, nil)
		h.work, h.trials = work, 1
		return t, "greedy"
	}
	if n == 2 {
		return tree{{0, 1}}, "exact"
	}
	if n <= ExactLimit {
		if t, ok := h.exact(); ok {
			return t, "exact"
		}
	}
	return h.search(), searched
}

// exact looks at every tree; false if costs are beyond floats.
func (h *orderSearch) exact() (tree, bool) {
	h.trials++
	h.work += math.Pow(3, float64(len(h.g.legs))) / 2
	if o := h.opts.Objective; o != ByTime && o != "" {
		return h.block.tree(h.g)
	}
	total := 0.0
	for _, lg := range h.g.lg {
		total += lg
	}
	if total > 300 {
		return nil, false
	}
	d := &draft{ctx: context.WithoutCancel(h.ctx)}
	t, err := d.exact(h.network())
	return t, err == nil
}

// network is the graph as the exact search by time wants it.
func (h *orderSearch) network() *network {
	n := &network{model: h.model, dtype: h.opts.Type.Accum(), legs: h.g.legs, open: h.g.open, ids: make([]parser.IndexID, len(h.g.lg))}
	for _, lg := range h.g.lg {
		n.ext = append(n.ext, math.Round(math.Exp2(lg)))
	}
	return n
}

// finish states what a tree costs; it cuts it first if it exceeds the memory limit.
func (h *orderSearch) finish(o *Order, t tree) error {
	c, limit := noCuts(h.net), math.Inf(1)
	if h.opts.MaxMemory > 0 {
		limit = float64(h.opts.MaxMemory) / float64(h.opts.Type.Accum().Size())
		peak := leastPeak(t, len(h.g.legs), audit(h.g, t).size)
		if peak > limit {
			best, err := h.fit(t, h.sliceUnits())
			if err != nil {
				return err
			}
			t, c = best.tree, best.cuts
		}
	}
	x := h.net.newNest(t, c, limit)
	o.Log10Flops, o.Log2Size = x.flops*math.Log10(2), x.size
	o.PeakBytes = x.peak * float64(h.opts.Type.Accum().Size())
	o.Sliced, o.Slices, o.Depth = x.loops, math.Exp2(c.slices()), x.depth
	o.Nanos = h.nanos(x)
	o.Path = make([][2]int, len(x.steps))
	for k, p := range x.steps {
		o.Path[k] = [2]int{int(p[0]), int(p[1])}
	}
	if slices.Contains(h.net.Sizes, 0) { // which counted as 1 so far, to have an order
		h.empty(o)
	}
	o.Trials, o.Work = h.trials, h.work
	return nil
}

// empty states what an order costs where an extent is 0: results without that index have elements.
func (h *orderSearch) empty(o *Order) {
	o.Log10Flops, o.Nanos, o.Log2Size = math.Inf(-1), 0, math.Inf(-1)
	c := newRecount(cutNetwork(h.net, o.Sliced))
	pairs := c.pairs(o.Path)
	for _, p := range pairs {
		o.Log2Size = max(o.Log2Size, p.Size)
	}
	o.PeakBytes = math.Exp2(c.peak(pairs)) * float64(h.opts.Type.Accum().Size())
}

// sliceUnits is what is left of the budget for fitting into memory.
func (h *orderSearch) sliceUnits() float64 {
	const least = 2e6
	return max(h.units*h.cutShare, least)
}

// leastCutShare is the part of the budget that is kept at least for fitting into a memory limit.
const leastCutShare = 0.5

// nanos estimates the time of all runs of all steps.
func (h *orderSearch) nanos(x *nest) float64 {
	c := make(cuts, len(h.net.Sizes))
	runs := []float64{1}
	for _, l := range x.loops {
		c[l.Index] = l.Parts
		runs = append(runs, runs[len(runs)-1]*float64(l.Parts))
	}
	g, _ := h.net.cut(c)
	return h.nanosOf(g, x, runs)
}

// nanosOf estimates the steps of a nest over the graph of a slice; runs says how often a step at each
// depth runs.
func (h *orderSearch) nanosOf(g *graph, x *nest, runs []float64) float64 {
	total, k := 0.0, 0
	size := float64(h.opts.Type.Accum().Size())
	measure(g, x.steps, func(e *extents) {
		c := [4]float64{e.b, e.m, e.n, e.k}
		for i := range c {
			c[i] = elements(min(c[i], 250))
		}
		m, n := min(c[1], c[2]), max(c[1], c[2])
		total += runs[x.depth[k]] * h.model.Nanos(&cost.Work{B: c[0], M: m, N: n, K: c[3], Type: h.opts.Type.Accum(), Product: true, Plain: true,
			UnitInner: true, BytesIn: c[0] * (m + n) * c[3] * size, BytesOut: c[0] * m * n * size})
		k++
	})
	return total
}

// holds reports whether an ascending list has l.
func holds(list []int32, l int32) bool {
	_, ok := slices.BinarySearch(list, l)
	return ok
}

// parallel calls f for 0…count-1, from as many goroutines as there are workers. What f does must not
// depend on the others.
func (h *orderSearch) parallel(count int, f func(i int)) {
	if h.workers == 1 || count < 2 {
		for i := range count {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(h.workers, count) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	group.Wait()
}
