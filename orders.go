package einc

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/einc-lang/einc/planner"
)

// keptOrders is how many orders of contraction the process remembers, and largestKept the operands of the
// largest network among them.
const (
	keptOrders  = 256
	largestKept = 20000
)

// orders remembers what searches found, by the canonical form of the network and what the search was for.
var orders = &orderCache{known: map[orderKey]*planner.Order{}}

type orderKey [sha256.Size]byte

// orderCache holds orders of canonical networks; the oldest leaves first.
type orderCache struct {
	mu    sync.Mutex
	known map[orderKey]*planner.Order
	age   []orderKey
}

func (oc *orderCache) get(key orderKey) *planner.Order {
	oc.mu.Lock()
	defer oc.mu.Unlock()
	return oc.known[key]
}

func (oc *orderCache) put(key orderKey, o *planner.Order) {
	oc.mu.Lock()
	defer oc.mu.Unlock()
	if oc.known[key] == nil {
		oc.age = append(oc.age, key)
	}
	oc.known[key] = o
	if len(oc.age) > keptOrders {
		delete(oc.known, oc.age[0])
		oc.age = oc.age[1:]
	}
}

// find searches for the order of a network, or remembers it: the same network under other labels, with its
// operands or axes in another order, is searched once. All are searched in canonical form, so that an order
// that was remembered is the one that a search would find. Orders found by the clock are not remembered.
func (oc *orderCache) find(ctx context.Context, n *planner.Network, oo planner.OrderOptions) (*planner.Order, error) {
	if len(n.Inputs) > largestKept {
		return planner.OrderNetwork(ctx, n, oo)
	}
	if err := n.Check(); err != nil {
		return nil, err
	}
	c := n.Canonical()
	key := keyOf(c, oo)
	if o := oc.get(key); o != nil {
		return c.Original(o), nil
	}
	o, err := planner.OrderNetwork(ctx, c.Network, oo)
	if err != nil {
		return nil, err
	}
	if ctx.Err() == nil && oo.Budget.Time == 0 {
		oc.put(key, o)
	}
	return c.Original(o), nil
}

// keyOf spells out all that decides an order.
func keyOf(c *planner.Canonical, oo planner.OrderOptions) orderKey {
	text := fmt.Appendf(nil, "%q %q %v %d %d %d %+v ", oo.Method, oo.Objective, oo.Budget, oo.Seed, oo.Type, oo.MaxMemory, oo.Target)
	return sha256.Sum256(c.Key(text))
}
