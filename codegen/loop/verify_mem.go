package loop

// param is the parameter of an address, checked for what is done to it.
func (v *verifier) param(n Node, a Addr, write bool) (Param, error) {
	if a.Param < 0 || a.Param >= len(v.nest.Params) {
		return Param{}, v.errorf(n, "there is no parameter %d", a.Param)
	}
	p := v.nest.Params[a.Param]
	if write && p.Role == In {
		return p, v.errorf(n, "%s is only read", v.print.params[a.Param])
	}
	if write && v.tables[a.Param] {
		return p, v.errorf(n, "%s holds tables, which only offsets may write", v.print.params[a.Param])
	}
	return p, nil
}

// access checks that an address with the spans around it stays inside its parameter.
func (v *verifier) access(n Node, a Addr, spans ...span) error {
	p := v.nest.Params[a.Param]
	r, dims, runs, err := v.extent(n, a.Off, spans)
	switch {
	case err != nil:
		return err
	case dims && (p.Role == Shared || p.Role == Worker):
		return v.errorf(n, "an address in workspace depends on dims")
	case runs && !dims && (r.lo < p.Lo || r.hi >= p.Hi):
		return v.errorf(n, "%s spans [%d, %d], outside [%d, %d)", v.print.addr(a), r.lo, r.hi, p.Lo, p.Hi)
	}
	return nil
}

// vector is the span of a register's lanes, or of the active ones.
func (v *verifier) vector(n Node, t Type, stride Size, active int) ([]span, error) {
	if active < 0 || active > t.Lanes {
		return nil, v.errorf(n, "%d of %d lanes are active", active, t.Lanes)
	}
	if err := v.dim(n, stride); err != nil {
		return nil, err
	}
	if active == 0 {
		active = t.Lanes
	}
	if active == 1 {
		return nil, nil
	}
	s := upTo(int64(active), 0)
	s.coef = stride
	return []span{s}, nil
}

// prefetch checks that the address can be computed; where it is does not matter.
func (v *verifier) prefetch(n *Prefetch) error {
	if _, err := v.param(n, n.At, false); err != nil {
		return err
	}
	_, _, err := v.linear(n, n.At.Off)
	return err
}

func (v *verifier) load(n *Load) error {
	if err := v.define(n, n.Dst); err != nil {
		return err
	}
	p, err := v.param(n, n.From, false)
	if err != nil {
		return err
	}
	t := v.nest.Regs[n.Dst]
	if t.DType != p.DType {
		return v.errorf(n, "%s holds %s", v.print.params[n.From.Param], p.DType)
	}
	spans, err := v.vector(n, t, n.Stride, n.Active)
	if err != nil {
		return err
	}
	return v.access(n, n.From, spans...)
}

func (v *verifier) store(n *Store) error {
	if err := v.use(n, n.Src); err != nil {
		return err
	}
	p, err := v.param(n, n.To, true)
	if err != nil {
		return err
	}
	t := v.nest.Regs[n.Src]
	if t.DType != p.DType {
		return v.errorf(n, "%s holds %s", v.print.params[n.To.Param], p.DType)
	}
	if t.Lanes > 1 && n.Stride == Const(0) {
		return v.errorf(n, "%d lanes go to one element", t.Lanes)
	}
	spans, err := v.vector(n, t, n.Stride, n.Active)
	if err != nil {
		return err
	}
	return v.access(n, n.To, spans...)
}

func (v *verifier) pack(n *Pack) error {
	if _, err := v.param(n, n.From, false); err != nil {
		return err
	}
	if _, err := v.param(n, n.To, true); err != nil {
		return err
	}
	if err := v.blocks(n, n.Width, 1); err != nil {
		return err
	}
	for _, x := range []int64{n.Run, n.KRun, n.KStep, n.Apart} {
		if x < 0 || x > limit {
			return v.errorf(n, "runs and steps are from 0 to 2^48")
		}
	}
	if v.mul(max(n.KRun, 1), max(n.KStep, 1)); v.overflow {
		return v.errorf(n, "runs of %d items that lie %d apart leave 64 bits", n.KRun, n.KStep)
	}
	if n.Run > 1 && n.Width%n.Run != 0 {
		return v.errorf(n, "runs of %d do not divide %d", n.Run, n.Width)
	}
	rows, err := v.share(n, n.Count, v.mul(n.Panels(), n.Width))
	if err != nil {
		return err
	}
	cols, err := v.counted(n, n.Depth, n.Width)
	if err != nil {
		return err
	}
	r, err := v.lookup(n, n.Rows, n.Count, runs{length: n.Run, cut: n.Cut}, rows.runs)
	if err != nil {
		return err
	}
	c, err := v.lookup(n, n.Cols, n.Depth, runs{length: n.KRun, step: n.KStep, cut: n.KCut}, cols.runs)
	if err != nil {
		return err
	}
	if err := v.access(n, n.From, r, c); err != nil {
		return err
	}
	return v.access(n, n.To, upTo(n.Panels(), n.Apart), cols, upTo(n.Width, 1))
}

// blocks checks the width of a panel, and that its runs divide it.
func (v *verifier) blocks(n Node, width, run int64) error {
	if width < 1 || width > 1<<16 {
		return v.errorf(n, "width %d", width)
	}
	if run < 0 || run > 1 && width%run != 0 {
		return v.errorf(n, "runs of %d do not divide %d", run, width)
	}
	return nil
}

// share checks a count of valid items out of a block.
func (v *verifier) share(n Node, b Bound, of int64) (span, error) {
	s, err := v.counted(n, b, 1)
	if err == nil && s.runs && s.hi >= of {
		err = v.errorf(n, "%d valid items in a block of %d", s.hi+1, of)
	}
	return s, err
}
