package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// Workspace is what steps take when Lower builds them for a target: the planner states it, and the nests
// then use all of it and no more.
func Workspace(target cost.Target, opts Options) planner.Workspace {
	return func(plan *planner.Plan, s *planner.Step) (shared, worker int64) {
		l := sketch(plan, target, opts)
		if l.small(s) {
			return 0, 0
		}
		return l.strategy(s, opts).space(l, s)
	}
}

// small tells at a glance that a step is a sum too short to be cut into parts or blocks, with no epilogue to wait for, too
// short to be swept or a product, which has rows and columns for its tile, and no product of a batch, which may be copied:
// most steps of a long plan are.
func (l *lowering) small(s *planner.Step) bool {
	if s.Estimate.Strategy != cost.Direct || len(s.Epilogue) > 0 || l.moves(s.B) && l.moves(s.M) && l.moves(s.N) {
		return false
	}
	terms, most := 1, 2*sweepRows
	if l.moves(s.M) && l.moves(s.N) {
		most = min(leastTerms, int(cost.Depth(rootType(s.Body)))+1)
	}
	for _, ix := range s.K {
		if terms *= max(l.plan.Problem.Indices[ix].Extent, 1); terms >= most {
			return false
		}
	}
	return true
}

// moves tells whether one of some indices has more than one item.
func (l *lowering) moves(some []parser.IndexID) bool {
	return slices.ContainsFunc(some, func(ix parser.IndexID) bool { return l.plan.Problem.Indices[ix].Extent > 1 })
}

// directSpace is the workspace of a step's direct kernels: the partial results of a sum that is cut, and
// sums that wait.
func directSpace(l *lowering, s *planner.Step) (shared, worker int64) {
	ks, _ := l.kernels(s)
	return l.kernelSpace(ks)
}

// kernelSpace is the workspace of kernels that run one after the other.
func (l *lowering) kernelSpace(ks []*kernel) (shared, worker int64) {
	for _, k := range ks {
		for _, a := range k.accs {
			if a.Role == loop.Shared {
				shared = max(shared, a.Hi*int64(a.DType.Size()))
			}
		}
		s := k.shape(l.target)
		worker = max(worker, wholeLines(k.waiting(s)*int64(k.valueType().Size())))
		for _, a := range k.memory(s, k.cut(s, 0)) {
			worker = max(worker, a.arg.Offset+wholeLines(a.Hi*int64(a.DType.Size())))
		}
	}
	return wholeLines(shared), wholeLines(worker)
}

// waiting is the number of sums of a task that wait in memory: for more rows, or for a long epilogue.
func (k *kernel) waiting(s shape) int64 {
	switch {
	case s.sweep:
		return (k.sweepWidth(s) + s.cols*s.lanes) * s.rows // tiles at the end of a block hold whole vectors
	case s.kept:
		n := k.keptCount(s)
		if k.inBlocks {
			n *= 2 // of all terms, and of a block
		}
		return n + s.cols*s.lanes // tiles at the end of a block hold whole vectors
	case s.waits >= 0:
		return k.waitingFolds(s).count()
	case k.spills(s.size()), k.inBlocks:
		return s.size() * s.lanes
	}
	return 0
}

// packedSpace is the workspace of a step's panels.
func packedSpace(l *lowering, s *planner.Step) (shared, worker int64) {
	p := l.panels(s)
	if p == nil {
		return 0, 0
	}
	if p.part >= 0 {
		shared, worker = l.kernelSpace([]*kernel{p.sumOfParts()})
		return shared, max(worker, p.scratch.Bytes)
	}
	shared, worker = p.partsAt(), p.scratch.Bytes
	if bytes := p.waiting() * int64(p.Type.Size()); p.Own {
		worker += wholeLines(bytes)
	} else {
		shared += bytes
	}
	for side := sideBeside; side < len(p.refs); side++ {
		if moves(p.m, side) {
			worker += tableBytes(p.MC)
		}
		if moves(p.n, side) {
			worker += tableBytes(p.ColumnTable())
		}
	}
	return wholeLines(shared), worker
}

// tableBytes is what a table of offsets takes.
func tableBytes(entries int64) int64 { return wholeLines(8 * entries) }

// wholeLines rounds bytes up to whole cache lines, as all areas of workspace are laid out.
func wholeLines(bytes int64) int64 { return ceilDiv(bytes, lineBytes) * lineBytes }
