package planner

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// Canonical is a network with its operands and indices in an order that follows from the network's structure:
// what operands and indices are called, and where they stand, hardly matters to it. Networks that are equal
// then have the same best orders.
type Canonical struct {
	*Network
	operands []int   // of each of the network's: the original's number
	indices  []int32 // the same for indices
}

// mostRounds bounds the rounds of refinement: networks with far symmetries may then have several forms.
const mostRounds = 16

// Canonical finds the form by refining colours: an operand's comes from those of its indices, an index's from
// those of the operands that have it (B. Weisfeiler and A. Lehman, 1968). What stays alike keeps its order.
func (n *Network) Canonical() *Canonical {
	index, operand := n.colours()
	c := &Canonical{Network: &Network{}, operands: countUp(0, len(n.Inputs))}
	slices.SortStableFunc(c.operands, func(a, b int) int { return cmp.Compare(operand[a], operand[b]) })
	number := make([]int32, len(n.Sizes))
	for i := range number {
		number[i] = -1
	}
	add := func(legs []int32) []int32 {
		legs = slices.Clone(legs)
		slices.SortStableFunc(legs, func(a, b int32) int { return cmp.Compare(index[a], index[b]) })
		for a, i := range legs {
			if number[i] < 0 {
				number[i] = int32(len(c.indices))
				c.indices = append(c.indices, i)
				c.Sizes = append(c.Sizes, n.Sizes[i])
			}
			legs[a] = number[i]
		}
		slices.Sort(legs)
		return legs
	}
	for _, t := range c.operands {
		c.Inputs = append(c.Inputs, add(n.Inputs[t]))
	}
	c.Output = add(n.Output)
	return c
}

// colours tells indices and operands apart by what is around them.
func (n *Network) colours() (index, operand []uint64) {
	index, operand = make([]uint64, len(n.Sizes)), make([]uint64, len(n.Inputs))
	for i, s := range n.Sizes {
		index[i] = mix(math.Float64bits(s))
	}
	for _, i := range n.Output {
		index[i] = mix(index[i] + 1)
	}
	next, distinct := make([]uint64, len(index)), 0
	for range mostRounds {
		clear(next)
		for t, legs := range n.Inputs {
			operand[t] = uint64(len(legs))
			for _, i := range legs {
				operand[t] += mix(index[i])
			}
			operand[t] = mix(operand[t])
			for _, i := range legs {
				next[i] += mix(operand[t] + 1)
			}
		}
		for i := range index {
			index[i] = mix(index[i] ^ next[i])
		}
		sorted := slices.Clone(operand)
		slices.Sort(sorted)
		count := len(slices.Compact(sorted))
		if count == distinct {
			break
		}
		distinct = count
	}
	return index, operand
}

// mix scatters the bits of x (the finalizer of G. L. Steele, D. Lea and C. H. Flood's SplitMix).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Key appends bytes that only equal networks have.
func (c *Canonical) Key(key []byte) []byte {
	list := func(ids []int32) {
		key = binary.AppendUvarint(key, uint64(len(ids)))
		for _, i := range ids {
			key = binary.AppendUvarint(key, uint64(i))
		}
	}
	key = binary.AppendUvarint(key, uint64(len(c.Inputs)))
	for _, legs := range c.Inputs {
		list(legs)
	}
	list(c.Output)
	for _, s := range c.Sizes {
		key = binary.LittleEndian.AppendUint64(key, math.Float64bits(s))
	}
	return key
}

// Original is an order of the canonical network as one of the network that it was made of.
func (c *Canonical) Original(o *Order) *Order {
	r := *o
	number := func(x int) int {
		if x < len(c.operands) {
			return c.operands[x]
		}
		return x
	}
	r.Path = make([][2]int, len(o.Path))
	for k, p := range o.Path {
		a, b := number(p[0]), number(p[1])
		r.Path[k] = [2]int{min(a, b), max(a, b)}
	}
	r.Sliced = slices.Clone(o.Sliced)
	for k := range r.Sliced {
		r.Sliced[k].Index = c.indices[r.Sliced[k].Index]
	}
	return &r
}
