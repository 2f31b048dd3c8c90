package planner

import (
	"encoding/binary"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// fewRefs is up to how many views looking at each is quicker than a map.
const fewRefs = 16

// refSet numbers distinct views in the order in which they are met.
type refSet struct {
	refs  []Ref
	index map[string]int // of each view its number; made when there are many
}

// find is the number of a view, or -1.
func (s *refSet) find(r Ref) int {
	if s.index == nil {
		return slices.IndexFunc(s.refs, func(o Ref) bool { return o.Buffer == r.Buffer && slices.Equal(o.Axes, r.Axes) })
	}
	if i, ok := s.index[refKey(r)]; ok {
		return i
	}
	return -1
}

// add appends a view that is new.
func (s *refSet) add(r Ref) {
	s.refs = append(s.refs, r)
	switch {
	case s.index != nil:
		s.index[refKey(r)] = len(s.refs) - 1
	case len(s.refs) > fewRefs:
		s.index = map[string]int{}
		for i, o := range s.refs {
			s.index[refKey(o)] = i
		}
	}
}

// refKey tells refs apart.
func refKey(r Ref) string {
	b := binary.AppendVarint(nil, int64(r.Buffer))
	for _, a := range r.Axes {
		b = binary.AppendVarint(b, int64(a))
	}
	return string(b)
}

// memo says which nodes of a source are written, and as what.
type memo struct {
	list  [][2]parser.NodeID
	index map[parser.NodeID]parser.NodeID // made when there are many
}

func (m *memo) get(id parser.NodeID) (parser.NodeID, bool) {
	if m.index != nil {
		v, ok := m.index[id]
		return v, ok
	}
	for _, e := range m.list {
		if e[0] == id {
			return e[1], true
		}
	}
	return 0, false
}

// of is what a node that is written is written as.
func (m *memo) of(id parser.NodeID) parser.NodeID {
	v, _ := m.get(id)
	return v
}

func (m *memo) put(id, v parser.NodeID) {
	if m.index != nil {
		m.index[id] = v
		return
	}
	if m.list = append(m.list, [2]parser.NodeID{id, v}); len(m.list) > fewRefs {
		m.index = map[parser.NodeID]parser.NodeID{}
		for _, e := range m.list {
			m.index[e[0]] = e[1]
		}
	}
}
