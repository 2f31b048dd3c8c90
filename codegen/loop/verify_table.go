package loop

import (
	"cmp"
	"errors"
	"slices"

	"github.com/einc-lang/einc/tensor"
)

// findTables notes which parameters some Offsets of the nest fills tables in.
func (v *verifier) findTables() {
	v.tables = make([]bool, len(v.nest.Params))
	eachOffsets(v.nest.Body, func(n *Offsets) {
		if p := n.Table.Param; p >= 0 && p < len(v.tables) {
			v.tables[p] = true
		}
	})
}

func eachOffsets(nodes []Node, f func(*Offsets)) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *For:
			eachOffsets(n.Body, f)
		case *Offsets:
			f(n)
		}
	}
}

// fill is a table that is known to hold offsets of a group.
type fill struct {
	*Offsets
	lo, hi int64 // its elements
	reach  interval
	dims   bool // strides are known at run time only
	depth  int  // of the body that filled it
}

func (v *verifier) offsets(n *Offsets) error {
	p, err := v.param(n, Addr{Param: n.Table.Param}, false)
	if err != nil {
		return err
	}
	if p.Role != Worker || p.DType != tensor.I64 || len(n.Table.Off.Terms) != 0 {
		return v.errorf(n, "a table is at a constant place of an i64 worker parameter")
	}
	f, size, err := v.group(n)
	if err != nil {
		return err
	}
	count, err := v.counted(n, n.Count, 1)
	if err != nil {
		return err
	}
	items, dims, runs, err := v.extent(n, n.From, []span{count})
	if err != nil {
		return err
	}
	if size > 0 && (dims || runs && (items.lo < 0 || items.hi >= size)) {
		return v.errorf(n, "items [%d, %d] of a group of %d", items.lo, items.hi, size)
	}
	if size == 0 && (!n.Count.Clamped || n.Count.Total.Dim == 0 || !v.same(n.Count.At, n.From)) {
		return v.errorf(n, "items of a group of open extents, without a bound by their number")
	}
	if err := v.access(n, n.Table, count); err != nil {
		return err
	}
	f.lo, f.hi = n.Table.Off.Const, n.Table.Off.Const+n.Count.Max.Value
	v.forget(func(g *fill) bool { return g.overlaps(n) })
	v.fills = append(v.fills, f)
	return nil
}

// group bounds the offsets of a group and counts its items: 0 if that is left open.
func (v *verifier) group(n *Offsets) (f fill, size int64, err error) {
	f, size = fill{Offsets: n, depth: v.depth}, 1
	if len(n.Group.Extents) != len(n.Group.Strides) {
		return f, 0, v.errorf(n, "%d extents with %d strides", len(n.Group.Extents), len(n.Group.Strides))
	}
	for i, x := range n.Group.Extents {
		s, e := n.Group.Strides[i], x.Value
		if err := errors.Join(v.dim(n, s), v.dim(n, x)); err != nil {
			return f, 0, err
		}
		switch {
		case x.Dim > 0:
			size, f.dims = 0, true
			continue
		case e < 1 || e > limit:
			return f, 0, v.errorf(n, "extent %d", e)
		}
		size = v.mul(size, e)
		if s.Dim != 0 {
			f.dims = true
			continue
		}
		f.reach = v.sum(f.reach, v.scale(interval{0, e - 1}, s.Value))
	}
	if v.overflow {
		return f, 0, v.errorf(n, "the group leaves 64 bits")
	}
	return f, size, nil
}

func (f *fill) overlaps(n *Offsets) bool {
	lo := n.Table.Off.Const
	return f.Table.Param == n.Table.Param && lo < f.hi && f.lo < lo+n.Count.Max.Value
}

func (v *verifier) forget(drop func(*fill) bool) {
	v.fills = slices.DeleteFunc(v.fills, func(f fill) bool { return drop(&f) })
}

// forgetRefilled drops what a loop's body overwrites: its second iteration begins with that.
func (v *verifier) forgetRefilled(body []Node) {
	eachOffsets(body, func(n *Offsets) {
		v.forget(func(f *fill) bool { return f.overlaps(n) })
	})
}

// lookup is the span of the offsets in a table, of which count are read.
func (v *verifier) lookup(n Node, table Addr, count Bound, r runs, used bool) (span, error) {
	if _, err := v.param(n, table, false); err != nil {
		return span{}, err
	}
	if !used || v.dead > 0 {
		return span{runs: false}, nil
	}
	for i := range v.fills {
		f := &v.fills[i]
		if f.Table.Param != table.Param || f.lo != table.Off.Const {
			continue
		}
		whole, err := v.covers(n, f, table, count)
		if err != nil {
			return span{}, err
		}
		for _, t := range table.Off.Terms {
			whole = whole && (r.length <= 1 || t.Coef.Value%v.mul(r.length, max(r.step, 1)) == 0)
		}
		if !whole {
			return span{}, v.errorf(n, "table %s has %s entries, %s are read", v.print.addr(table), v.print.bound(f.Count), v.print.bound(count))
		}
		if r.length > 1 && !f.runsOf(r) {
			return span{}, v.errorf(n, "table %s does not come in runs of %d", v.print.addr(table), r.length)
		}
		first := Affine{Const: f.From.Const, Terms: slices.Concat(f.From.Terms, table.Off.Terms)}
		if r.cut != nil && !(v.same(r.cut.At, first) && f.cutRunsOf(r.cut)) {
			return span{}, v.errorf(n, "table %s does not come in%s", v.print.addr(table), v.print.cut("cut", r.cut))
		}
		s := span{ranged{lo: f.reach.lo, hi: f.reach.hi}, Const(1), true}
		if f.dims {
			s.coef = Dim(0)
		}
		return s, nil
	}
	return span{}, v.errorf(n, "table %s is not filled here", v.print.addr(table))
}

// covers reports whether the entries that a use reads, count from table on, are among those filled,
// whatever the variables are: because the use ends where the fill does at the latest.
func (v *verifier) covers(n Node, f *fill, table Addr, count Bound) (bool, error) {
	used, err := v.counted(n, count, 1)
	if err != nil {
		return false, err
	}
	r, dims, _, err := v.extent(n, table.Off, []span{used})
	if err != nil || dims || r.lo < f.lo || r.hi >= f.hi {
		return false, err
	}
	if !f.Count.Clamped {
		return true, nil
	}
	at := Affine{Const: f.Count.At.Const, Terms: slices.Concat(f.Count.At.Terms, table.Off.Terms)}
	if f.Count.Total.Dim > 0 {
		return count.Clamped && count.Total == f.Count.Total && v.same(count.At, at), nil
	}
	r, dims, _, err = v.extent(n, at, []span{used})
	return err == nil && !dims && r.hi < f.Count.Total.Value, err
}

// same reports whether two expressions consist of the same terms.
func (v *verifier) same(a, b Affine) bool {
	sorted := func(a Affine) []Term {
		return slices.SortedFunc(slices.Values(a.Terms), func(x, y Term) int {
			return cmp.Or(cmp.Compare(x.Var, y.Var), cmp.Compare(x.Coef.Dim, y.Coef.Dim), cmp.Compare(x.Coef.Value, y.Coef.Value))
		})
	}
	return a.Const == b.Const && slices.Equal(sorted(a), sorted(b))
}

// runs is a promise: entries step apart are neighbours, in runs of the given length, or in cut ones.
type runs struct {
	length, step int64
	cut          *CutRuns
}

// runsOf reports whether a table keeps a promise: of the group's last digits, some have step items, the
// next ones advance by 1, and blocks begin at whole runs.
func (f *fill) runsOf(r runs) bool {
	step := max(r.step, 1)
	unit, all, ok := f.unit(step)
	if !ok || all {
		return ok
	}
	n := r.length * step
	whole := unit%r.length == 0 && f.From.Const%n == 0
	for _, t := range f.From.Terms {
		whole = whole && t.Coef.Dim == 0 && t.Coef.Value%n == 0
	}
	return whole
}

// cutRunsOf reports whether the items of a table's group come in such runs.
func (f *fill) cutRunsOf(c *CutRuns) bool {
	if c.Length < 0 || c.Length > limit || c.Step < 0 || c.Step > limit {
		return false
	}
	unit, all, ok := f.unit(max(c.Step, 1))
	return ok && (c.Length == 0 && all || c.Length > 0 && unit%c.Length == 0)
}

// unit is how many items that lie step apart are neighbours: those of the digits that advance by 1, behind
// some that have step items. All of them are if no other digits are left.
func (f *fill) unit(step int64) (n int64, all, ok bool) {
	have, i := int64(1), len(f.Group.Extents)-1
	for ; i >= 0 && have < step; i-- {
		if f.Group.Extents[i].Dim > 0 {
			return 0, false, false
		}
		have *= f.Group.Extents[i].Value
	}
	if have != step {
		return 0, false, false
	}
	n = 1
	for ; i >= 0; i-- {
		e, s := f.Group.Extents[i], f.Group.Strides[i]
		switch {
		case e == Const(1):
		case s != Const(n):
			return n, false, true
		case e.Dim > 0: // all of the group, or nothing that is known
			return 1, i == 0, true
		default:
			n *= e.Value
		}
	}
	return n, true, true
}
