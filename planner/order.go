package planner

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// Network is a sum of products in numbers: which operand has which indices, which of them the result
// keeps, and the extent of each index. An operand that has an index twice is read along the diagonal;
// extents are whole numbers of at least 0.
type Network struct {
	Inputs [][]int32
	Output []int32
	Sizes  []float64
}

// Objective is what an order is sought for.
type Objective string

// The objectives. Whatever the objective, equal orders are told apart by multiply-adds.
const (
	ByTime  Objective = "time"  // least estimated time
	ByFlops Objective = "flops" // fewest multiply-adds
	BySize  Objective = "size"  // smallest largest result
	ByWrite Objective = "write" // fewest elements written
	ByCombo Objective = "combo" // fewest multiply-adds and, 64 times, elements written: cotengra's default
)

var objectives = [...]Objective{ByTime, ByFlops, BySize, ByWrite, ByCombo}

// Objectives lists the names of objectives.
func Objectives() []string {
	names := make([]string, len(objectives))
	for i, o := range objectives {
		names[i] = string(o)
	}
	return names
}

func (o Objective) check() error {
	if o == "" || slices.Contains(objectives[:], o) {
		return nil
	}
	return fmt.Errorf("einc: unknown objective %q: use %s", clip(string(o)), strings.Join(Objectives(), ", "))
}

var methods = [...]string{"auto", "exact", "greedy", "best"}

// Methods lists the ways to search: see OrderOptions.Method.
func Methods() []string { return slices.Clone(methods[:]) }

func checkMethod(m string) error {
	if m == "" || slices.Contains(methods[:], m) {
		return nil
	}
	return fmt.Errorf("einc: unknown planning method %q: use %s", clip(m), strings.Join(methods[:], ", "))
}

// Budget bounds a search. Units of work are about ten nanoseconds each and make a search reproducible;
// of a time, a unit count is made early on by measuring, and stated in the Order. The zero Budget
// depends on the network's size alone.
type Budget struct {
	Units float64
	Time  time.Duration
}

// ParseBudget reads "10s", "300ms" or, in units, "5e8u"; the empty string is the zero Budget.
func ParseBudget(s string) (Budget, error) {
	if s == "" {
		return Budget{}, nil
	}
	if text, ok := strings.CutSuffix(s, "u"); ok {
		if u, err := strconv.ParseFloat(text, 64); err == nil && u > 0 && !math.IsInf(u, 0) {
			return Budget{Units: u}, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return Budget{Time: d}, nil
	}
	return Budget{}, fmt.Errorf("einc: %q is no budget: use a time such as 10s, or units of work such as 5e8u", s)
}

// OrderOptions say what an order is made for.
type OrderOptions struct {
	// Method is "exact" (every tree; at most ExactLimit operands), "greedy" (one pass), "best" (all
	// means, over the budget) or "auto" (or empty): exact where it is quick, else the means that fit a
	// budget made from the network's size, or the budget given.
	Method    string
	Objective Objective // ByTime if empty
	Budget    Budget
	Seed      uint64
	Workers   int          // goroutines; GOMAXPROCS if 0. The result does not depend on it.
	Type      tensor.DType // of the elements, for times and bytes; F64 if not set
	Target    cost.Target  // for times
	MaxMemory int64        // bytes of results that live at once; 0 is no bound
	Progress  func(Progress)
}

// Progress is how far a search is. It is reported from one goroutine at a time.
type Progress struct {
	Done   float64 // share of the work
	Trials int
	Best   float64 // log10 of the multiply-adds of the best order so far, before it is cut; +Inf before there is one
}

// Slice is an index that an order is cut along: the steps run for each of Parts pieces of it.
type Slice struct {
	Index int32
	Parts int64
}

// Order is a contraction order of a network, and what it costs. Sizes and costs are logarithms or
// floats as networks overflow integers. Operands count as there already; the result counts as memory.
type Order struct {
	Path       [][2]int // n-1 pairs of operands 0…n-1 and results n, n+1, …, in an order that takes least memory
	Log10Flops float64  // multiply-adds, over all slices; -Inf for none
	Log2Size   float64  // elements of the largest result of a step, of one slice; -Inf for no step
	PeakBytes  float64  // of the results that live at once
	Nanos      float64  // estimated time
	Sliced     []Slice  // outermost first
	Depth      []int    // of each pair: how many of these loops it runs within; what slices share is done once
	Slices     float64  // product of their parts; 1 for none
	Method     string   // what found it: "exact", "greedy" or "search"
	Trials     int      // trees that were built
	Work       float64  // units of work spent
	Budget     float64  // units that find the same order again; 0 if the method needs none, or if the search was stopped before it had spent them
	Seed       uint64
}

// Stopped reports whether a search ended before it had spent its budget: no budget finds the order again.
func (o *Order) Stopped() bool { return o.Method == searched && o.Budget == 0 }

// Check refuses what cannot be ordered.
func (n *Network) Check() error {
	for i, s := range n.Sizes {
		if !(s >= 0) || math.IsInf(s, 0) || s != math.Trunc(s) {
			return fmt.Errorf("einc: index %d has extent %v: extents are whole numbers of at least 0", i, s)
		}
	}
	has := make([]bool, len(n.Sizes))
	for t, legs := range n.Inputs {
		for _, i := range legs {
			if i < 0 || int(i) >= len(n.Sizes) {
				return fmt.Errorf("einc: operand %d has index %d, but there are extents for 0 to %d", t, i, len(n.Sizes)-1)
			}
			has[i] = true
		}
	}
	for _, i := range n.Output {
		if i < 0 || int(i) >= len(n.Sizes) || !has[i] {
			return fmt.Errorf("einc: the output has index %d, which no operand has, or which it has twice", i)
		}
		has[i] = false
	}
	return nil
}

// check refuses options that cannot be.
func (o *OrderOptions) check(operands int) error {
	if err := checkMethod(o.Method); err != nil {
		return err
	}
	if o.Method == "exact" && operands > ExactLimit {
		return &limitError{operands}
	}
	if err := o.Objective.check(); err != nil {
		return err
	}
	if o.Budget.Time < 0 || !(o.Budget.Units >= 0) || math.IsInf(o.Budget.Units, 0) || o.MaxMemory < 0 {
		return fmt.Errorf("einc: budgets and limits are numbers, and not negative")
	}
	return nil
}

// OrderNetwork finds a contraction order of n. It fails if n or the options cannot be, with
// InfeasibleError if no order fits the memory limit, and with ctx's error if ctx has ended before the
// search began. If ctx ends later, it returns the best order found until then.
func OrderNetwork(ctx context.Context, n *Network, opts OrderOptions) (*Order, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	if err := opts.check(len(n.Inputs)); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return newOrderSearch(ctx, n, opts).run()
}
