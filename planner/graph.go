package planner

import (
	"math"
	"slices"
)

// graph is a network in the form that the searches want: no tensor has an index twice, no extent is
// 1, every index that one tensor alone has is open, and indices that the same tensors have are one.
type graph struct {
	legs [][]int32 // of each tensor, ascending
	lg   []float64 // binary logarithm of each extent
	open []bool    // the result keeps it
}

// canonical is the graph of a network. Extent 0 counts as 1 here: nothing will run, in whatever order.
func canonical(n *Network) *graph {
	g, _ := plainGraph(n).compact()
	return g
}

// plainGraph is the graph of a network before indices of the same tensors are made one.
func plainGraph(n *Network) *graph {
	g := &graph{legs: make([][]int32, len(n.Inputs)), open: make([]bool, len(n.Sizes)), lg: make([]float64, len(n.Sizes))}
	for i, s := range n.Sizes {
		g.lg[i] = math.Log2(max(s, 1))
	}
	for _, i := range n.Output {
		g.open[i] = true
	}
	count := make([]int32, len(n.Sizes))
	for t, in := range n.Inputs {
		legs := slices.Clone(in)
		slices.Sort(legs)
		g.legs[t] = slices.Compact(legs)
		for _, i := range g.legs[t] {
			count[i]++
		}
	}
	for t := range g.legs {
		g.legs[t] = slices.DeleteFunc(g.legs[t], func(i int32) bool { return g.lg[i] == 0 || count[i] == 1 && !g.open[i] })
	}
	return g
}

// incidences lists the tensors of each index, ascending.
func (g *graph) incidences() [][]int32 {
	count := make([]int32, len(g.lg))
	total := 0
	for _, legs := range g.legs {
		total += len(legs)
		for _, i := range legs {
			count[i]++
		}
	}
	slab, lists := make([]int32, total), make([][]int32, len(g.lg))
	at := int32(0)
	for i, c := range count {
		lists[i] = slab[at : at : at+c]
		at += c
	}
	for t, legs := range g.legs {
		for _, i := range legs {
			lists[i] = append(lists[i], int32(t))
		}
	}
	return lists
}

// compact makes one index of those that the same tensors have, drops those that none has and numbers
// the rest anew, in their order. It returns the new number of each index too, -1 for those dropped.
func (g *graph) compact() (*graph, []int32) {
	lists := g.incidences()
	number := make([]int32, len(g.lg))
	first := map[uint64][]int32{} // old indices that stay, by hash
	c := &graph{legs: make([][]int32, len(g.legs))}
	for i, list := range lists {
		number[i] = -1
		if len(list) == 0 {
			continue
		}
		h := hashList(list, g.open[i])
		same := slices.IndexFunc(first[h], func(j int32) bool { return g.open[j] == g.open[i] && slices.Equal(lists[j], list) })
		if same >= 0 {
			number[i] = -2 - first[h][same]
			c.lg[number[first[h][same]]] += g.lg[i]
			continue
		}
		first[h] = append(first[h], int32(i))
		number[i] = int32(len(c.lg))
		c.lg, c.open = append(c.lg, g.lg[i]), append(c.open, g.open[i])
	}
	for t, legs := range g.legs {
		for _, i := range legs {
			if number[i] >= 0 {
				c.legs[t] = append(c.legs[t], number[i])
			}
		}
	}
	for i, k := range number {
		if k < -1 {
			number[i] = number[-2-k]
		}
	}
	return c, number
}

func hashList(list []int32, open bool) uint64 {
	h := rng(len(list))
	if open {
		h++
	}
	for _, t := range list {
		h = rng(h.next() ^ uint64(t))
	}
	return h.next()
}

// size is the binary logarithm of the size of a tensor.
func (g *graph) size(legs []int32) float64 {
	s := 0.0
	for _, i := range legs {
		s += g.lg[i]
	}
	return s
}

// holders counts the tensors of each index.
func (g *graph) holders() []int32 {
	count := make([]int32, len(g.lg))
	for _, legs := range g.legs {
		for _, i := range legs {
			count[i]++
		}
	}
	return count
}

// join appends to out the legs of the product of a and b, brings holders up to date, and returns the
// logarithm of the multiply-adds too.
func (g *graph) join(a, b, out, holders []int32) ([]int32, float64) {
	flops := 0.0
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			flops += g.lg[a[0]]
			out, a = append(out, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			flops += g.lg[b[0]]
			out, b = append(out, b[0]), b[1:]
		default:
			i := a[0]
			flops += g.lg[i]
			if holders[i]--; holders[i] > 1 || g.open[i] {
				out = append(out, i)
			} else {
				holders[i] = 0
			}
			a, b = a[1:], b[1:]
		}
	}
	return out, flops
}

// joinExtents is join that tells the extents of all classes.
func (g *graph) joinExtents(a, b, out, holders []int32) ([]int32, extents) {
	var x extents
	sorted(a, b, func(l int32, inA, inB bool) {
		lg := g.lg[l]
		x.flops += lg
		if inA && inB {
			holders[l]--
			if holders[l] <= 1 && !g.open[l] {
				holders[l] = 0
				x.k += lg
				return
			}
			x.b += lg
		} else if inA {
			x.m += lg
		} else {
			x.n += lg
		}
		out = append(out, l)
		x.size += lg
	})
	x.legs = len(out)
	return out, x
}

// parts lists the tensors of each connected component, ascending; components are in the order of
// their first tensors.
func (g *graph) parts() [][]int32 {
	up := make([]int32, len(g.legs))
	for t := range up {
		up[t] = int32(t)
	}
	find := func(t int32) int32 {
		for up[t] != t {
			up[t] = up[up[t]]
			t = up[t]
		}
		return t
	}
	for _, list := range g.incidences() {
		for _, t := range list[min(1, len(list)):] {
			a, b := find(list[0]), find(t)
			up[max(a, b)] = min(a, b)
		}
	}
	place := make([]int32, len(g.legs))
	var parts [][]int32
	for t := range up {
		root := find(int32(t))
		if root == int32(t) {
			place[t] = int32(len(parts))
			parts = append(parts, nil)
		}
		parts[place[root]] = append(parts[place[root]], int32(t))
	}
	return parts
}

// restrict is the graph of some of the tensors; indices that others have too become open. local maps
// indices and is scratch: -1 everywhere, as long as the indices of g; it is left that way.
func (g *graph) restrict(tensors []int32, holders, local []int32) *graph {
	return g.restrictTo(tensors, func(i int32) int32 { return holders[i] }, local)
}

// restrictTo is restrict where holders are counted by a function.
func (g *graph) restrictTo(tensors []int32, holders func(i int32) int32, local []int32) *graph {
	s := &graph{legs: make([][]int32, len(tensors))}
	var used, count []int32
	for k, t := range tensors {
		s.legs[k] = make([]int32, 0, len(g.legs[t]))
		for _, i := range g.legs[t] {
			if local[i] < 0 {
				local[i] = int32(len(used))
				used, count = append(used, i), append(count, 0)
			}
			count[local[i]]++
			s.legs[k] = append(s.legs[k], local[i])
		}
		slices.Sort(s.legs[k])
	}
	for l, i := range used {
		s.lg = append(s.lg, g.lg[i])
		s.open = append(s.open, g.open[i] || holders(i) > count[l])
		local[i] = -1
	}
	return s
}
