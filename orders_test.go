package einc

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// wheel is a ring of operands with a hub, its labels from an alphabet and its operands in an order.
func wheel(label func(int) string, at func(int) int) (string, []Spec) {
	const n = 16
	terms, specs := make([]string, n), make([]Spec, n)
	for k := range n {
		terms[at(k)] = label(k) + label((k+1)%n) + label(n+k%5)
		specs[at(k)] = Spec{DType: tensor.F64, Shape: []int{2 + k%3, 2 + (k+1)%n%3, 2 + k%5}}
	}
	return strings.Join(terms, ",") + "->" + label(0), specs
}

// TestOrdersAreRemembered plans a network, and then itself under other labels, with its operands in another
// order: what is remembered is what a search would find, and looking it up allocates nothing.
func TestOrdersAreRemembered(t *testing.T) {
	fresh := func() { orders = &orderCache{known: map[orderKey]*planner.Order{}} }
	plan := func(expr string, specs []Spec) string {
		p, err := PlanExpr(context.Background(), expr, specs, &Options{Seed: 11})
		require.NoError(t, err)
		text, err := p.Format("numpy-path")
		require.NoError(t, err)
		return string(text)
	}
	one, oneSpecs := wheel(func(i int) string { return string(rune('a' + i)) }, func(k int) int { return k })
	two, twoSpecs := wheel(func(i int) string { return string(rune('Z' - i)) }, func(k int) int { return (5*k + 3) % 16 })
	fresh()
	plan(one, oneSpecs)
	require.Len(t, orders.known, 1)
	remembered := plan(two, twoSpecs)
	require.Len(t, orders.known, 1, "the same network")
	key := orders.age[0]
	require.Zero(t, testing.AllocsPerRun(100, func() { orders.get(key) }))
	fresh()
	require.Equal(t, plan(two, twoSpecs), remembered)
	for i := range keptOrders + 10 {
		orders.put(orderKey([]byte(fmt.Sprintf("%032d", i))), &planner.Order{})
	}
	require.Len(t, orders.known, keptOrders)
}

func BenchmarkRememberedOrder(b *testing.B) {
	key := orderKey{1}
	orders.put(key, &planner.Order{})
	for b.Loop() {
		orders.get(key)
	}
}
