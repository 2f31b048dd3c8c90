package lower

import (
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// itemCost is the cost of an item of the iteration space with vectors along an axis, or without.
func (k *kernel) itemCost(id int, reduced, masked bool, lanes int64) float64 {
	share := 1.0 // instructions an item needs
	if id >= 0 {
		n := k.axes[id].extent
		share = float64(n/lanes+n%lanes) / float64(n)
		switch {
		case k.axes[id].isOpen():
			share = 1 / float64(lanes)
		case masked && (!reduced || k.masksTerms(id)):
			share = float64(ceilDiv(n, lanes)) / float64(n)
		}
	}
	c := share * (1 + weight(k.body))
	for i := 1; i <= k.inputs; i++ {
		c += k.inputCost(id, i, share, reduced)
	}
	terms := float64(max(k.extent(k.red), 1))
	if reduced {
		return c + (cost.Fold(lanes)+weight(k.epilogue))/terms
	}
	out := k.accessCost(id, 0, share)
	if out == cost.Gather {
		out = cost.Scatter(terms)
	}
	for _, row := range k.free {
		if k.reduces && k.turnable(row, id) {
			out = min(out, cost.Across(k.shares(row, id), terms)*share)
		}
	}
	return c + (out+share*weight(k.epilogue))/terms
}

// inputCost is accessCost, or a part of that where each vector serves some others; or where vectors would be fetched element by element,
// what it takes to copy them before they are multiplied if each serves some others, or the part of a row of those that share them.
func (k *kernel) inputCost(id, acc int, share float64, reduced bool) float64 {
	c, served := k.accessCost(id, acc, share), int64(0)
	if id >= 0 && !reduced {
		served = k.served(id)
	}
	switch {
	case k.runtime:
		return c
	case id >= 0 && k.axes[id].at[acc].n == 1:
		return cost.Load(share, served)
	case c != cost.Gather:
		return c
	case !reduced && k.turnsTerms(id, acc):
		return cost.Turned(share, k.sharing(id, acc))
	}
	return cost.Fetch(share, served, k.sharing(id, acc))
}

// sharing is the longest axis of rows beside vectors along an axis that share what they fetch of an input.
func (k *kernel) sharing(along, acc int) (rows int64) {
	for _, id := range k.free {
		if id != along && k.reduces && k.axes[id].at[acc].isZero() {
			rows = max(rows, k.axes[id].extent)
		}
	}
	return rows
}

func (k *kernel) accessCost(id, acc int, share float64) float64 {
	switch {
	case id < 0:
		return 1
	case k.axes[id].at[acc].dim > 0:
		return cost.Gather
	case k.axes[id].at[acc].n == 1:
		return share
	case k.axes[id].at[acc].n == 0:
		return share / 2
	}
	return cost.Gather
}

// weight is the number of operations that an expression takes beside its last one.
func weight(e parser.Expr) float64 {
	w := 0.0
	for _, n := range e {
		if n.Kind == parser.NodeApply {
			w += fnWeight(n)
		}
	}
	return max(w-1, 0)
}

// fnWeight is the number of instructions that a vector takes, as the choice of vectors and the size of tiles' text have
// it; the planner's weights are times, of instructions that overlap.
func fnWeight(n parser.Node) float64 {
	switch n.Fn {
	case parser.FnExp, parser.FnLog:
		return 60
	case parser.FnSigmoid, parser.FnTanh:
		return 85
	case parser.FnGelu:
		return 120
	case parser.FnDiv, parser.FnSqrt:
		return 5
	case parser.FnAdd, parser.FnMul, parser.FnMin, parser.FnMax:
		return float64(max(len(n.Args)-1, 1))
	}
	return 1
}
