package tensor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// must unwraps calls that a test knows to succeed.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func arange(shape ...int) *Tensor {
	n := must(CheckedLen(shape))
	return must(must(Arange(I64, n)).Reshape(shape...))
}

// model is a tensor by definition: every element written out, row-major.
type model struct {
	shape []int
	cells []int64
}

func (m model) at(index []int) int64 {
	off := 0
	for a, i := range index {
		off = off*m.shape[a] + i
	}
	return m.cells[off]
}

// build makes the tensor of a shape whose element at an index is m's at from(index).
func (m model) build(shape []int, from func([]int) []int) model {
	out := model{slices.Clone(shape), []int64{}}
	if slices.Contains(shape, 0) {
		return out
	}
	for index := make([]int, len(shape)); ; {
		out.cells = append(out.cells, m.at(from(slices.Clone(index))))
		if !next(index, shape) {
			return out
		}
	}
}

// randomView applies one random view to a tensor and its definition to the model.
func randomView(rng *rand.Rand, v *Tensor, m model) (string, *Tensor, model) {
	rank := v.Rank()
	switch op := rng.IntN(8); {
	case op == 0 && rank < 6:
		a := rng.IntN(rank + 1)
		shape := slices.Insert(slices.Clone(m.shape), a, 1)
		return fmt.Sprintf("unsqueeze %d", a), must(v.Unsqueeze(a)), model{shape, m.cells}
	case op == 1:
		return "squeeze", must(v.Squeeze()), model{slices.DeleteFunc(slices.Clone(m.shape), func(e int) bool { return e == 1 }), m.cells}
	case op == 2:
		axes := rng.Perm(rank)
		shape := make([]int, rank)
		for k, a := range axes {
			shape[k] = m.shape[a]
		}
		return fmt.Sprintf("permute %v", axes), must(v.Permute(axes...)), m.build(shape, func(i []int) []int {
			o := make([]int, rank)
			for k, a := range axes {
				o[a] = i[k]
			}
			return o
		})
	case op == 3 && rank >= 2:
		p := rng.Perm(rank)[:2]
		shape := append(slices.Clone(m.shape), min(m.shape[p[0]], m.shape[p[1]]))
		lo, hi := min(p[0], p[1]), max(p[0], p[1])
		shape = slices.Delete(slices.Delete(shape, hi, hi+1), lo, lo+1)
		return fmt.Sprintf("diagonal %v", p), must(v.Diagonal(p[0], p[1])), m.build(shape, func(i []int) []int {
			d := i[len(i)-1]
			return slices.Insert(slices.Insert(i[:len(i)-1], lo, d), hi, d)
		})
	case op == 4 && rank >= 1:
		a := rng.IntN(rank)
		return fmt.Sprintf("flip %d", a), must(v.Flip(a)), m.build(m.shape, func(i []int) []int {
			i[a] = m.shape[a] - 1 - i[a]
			return i
		})
	case op == 5:
		shape := append([]int{rng.IntN(3)}, m.shape...)
		if len(m.cells) > 200 {
			shape = m.shape
		}
		for a, e := range shape {
			if e == 1 && rng.IntN(2) == 0 && len(m.cells) < 200 {
				shape[a] = rng.IntN(4)
			}
		}
		lead := len(shape) - rank
		return fmt.Sprintf("expand %v", shape), must(v.Expand(shape...)), m.build(shape, func(i []int) []int {
			i = i[lead:]
			for a := range i {
				if m.shape[a] == 1 {
					i[a] = 0
				}
			}
			return i
		})
	default:
		return randomIndex(rng, v, m)
	}
}

func randomIndex(rng *rand.Rand, v *Tensor, m model) (string, *Tensor, model) {
	var items []Item
	var shape []int
	var from []func(i int) int // of each old axis
	var kept []bool
	for _, e := range m.shape {
		if e > 0 && rng.IntN(4) == 0 {
			p := rng.IntN(e)
			items = append(items, At(p-e*rng.IntN(2)))
			from, kept = append(from, func(int) int { return p }), append(kept, false)
			continue
		}
		s := Slice(rng.IntN(2*e+5)-e-2, rng.IntN(2*e+5)-e-2, []int{1, 2, 3, -1, -2, Open}[rng.IntN(6)])
		if rng.IntN(3) == 0 {
			s.Start = Open
		}
		if rng.IntN(3) == 0 {
			s.Stop = Open
		}
		picked := pythonSlice(s, e)
		items, shape = append(items, s), append(shape, len(picked))
		from, kept = append(from, func(i int) int { return picked[i] }), append(kept, true)
	}
	return fmt.Sprintf("index %v", items), must(v.Index(items...)), m.build(shape, func(i []int) []int {
		o, k := make([]int, len(m.shape)), 0
		for a := range o {
			if kept[a] {
				o[a] = from[a](i[k])
				k++
			} else {
				o[a] = from[a](0)
			}
		}
		return o
	})
}

// pythonSlice lists the positions a slice selects, from the definition: count from the end where
// negative, then step through the axis while inside both bounds.
func pythonSlice(s Span, e int) (out []int) {
	step := s.Step
	if step == Open {
		step = 1
	}
	wrap := func(i int) int {
		if i < 0 && i != Open {
			return i + e
		}
		return i
	}
	start, stop := wrap(s.Start), wrap(s.Stop)
	if s.Start == Open {
		start = 0
		if step < 0 {
			start = e - 1
		}
	}
	if step > 0 {
		start = max(start, 0)
	} else {
		start = min(start, e-1)
	}
	for i := start; i >= 0 && i < e; i += step {
		if s.Stop != Open && (step > 0 && i >= stop || step < 0 && i <= stop) {
			break
		}
		out = append(out, i)
	}
	return out
}

func TestViewsAgainstDefinition(t *testing.T) {
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 2))
		shape := make([]int, rng.IntN(4))
		for a := range shape {
			shape[a] = []int{0, 1, 2, 3, 4, 5}[min(5, rng.IntN(12))]
		}
		v := arange(shape...)
		m := model{shape, slices.Clone(must(Values[int64](v)))}
		path := fmt.Sprint("seed ", seed, " ", shape)
		for range 6 {
			var op string
			op, v, m = randomView(rng, v, m)
			path += ", " + op
			if len(m.shape) == 0 {
				m.shape = []int{}
			}
			require.Equal(t, m.shape, slices.Clone(v.Shape()), path)
			got := must(Values[int64](v))
			require.Equal(t, m.cells, slices.Clone(got), path)
			require.Equal(t, len(m.cells), v.Len(), path)
			if v.Len() > 0 {
				require.Equal(t, m.cells[0], *(*int64)(v.Data()), path)
				requireStorage(t, v, path)
			}
			c := must(v.Clone())
			require.True(t, c.Contiguous() && Equal(c, v), path)
			testReshape(t, rng, v, path)
		}
	}
}

// requireStorage checks Storage's table against the view: each stored element names the index that
// holds its value, as all values of an arange differ.
func requireStorage(t *testing.T, v *Tensor, path string) {
	t.Helper()
	first := v.seenAs(v.offset)
	require.Contains(t, first, "["+trimTuple(make([]int, v.Rank()))+"]", path)
	last := make([]int, v.Rank())
	for a, e := range v.shape {
		last[a] = e - 1
	}
	s := v.seenAs(int(must(v.AtInt(last...))))
	if s[len(s)-1] == ']' {
		require.Contains(t, s, "["+trimTuple(last)+"]", path)
	}
}

func trimTuple(index []int) string {
	s := fmt.Sprint(index)
	out := ""
	for _, c := range s[1 : len(s)-1] {
		if c == ' ' {
			out += ","
		}
		out += string(c)
	}
	return out
}

// testReshape checks both answers of Reshape: a view has the right elements, and a refusal means that
// the elements' places are not affine in the new index.
func testReshape(t *testing.T, rng *rand.Rand, v *Tensor, path string) {
	t.Helper()
	shape := randomFactors(rng, v.Len())
	r, err := v.Reshape(shape...)
	if err == nil {
		require.Equal(t, must(Values[int64](v)), must(Values[int64](r)), "%s to %v", path, shape)
		return
	}
	require.ErrorIs(t, err, ErrCopy)
	places := model{shape, must(Values[int64](v))} // values are places
	strides := make([]int64, len(shape))
	base := places.at(make([]int, len(shape)))
	for a, e := range shape {
		if e > 1 {
			one := make([]int, len(shape))
			one[a] = 1
			strides[a] = places.at(one) - base
		}
	}
	affine := true
	for index := make([]int, len(shape)); ; {
		want := base
		for a, i := range index {
			want += int64(i) * strides[a]
		}
		affine = affine && want == places.at(index)
		if !next(index, shape) {
			break
		}
	}
	require.False(t, affine, "%s to %v: %v", path, shape, err)
}

func randomFactors(rng *rand.Rand, n int) []int {
	var shape []int
	if n == 0 {
		return []int{rng.IntN(3), 0}
	}
	for d := 2; n > 1; {
		if n%d != 0 {
			d++
			continue
		}
		n /= d
		if len(shape) > 0 && rng.IntN(2) == 0 {
			shape[len(shape)-1] *= d
		} else {
			shape = append(shape, d)
		}
	}
	rng.Shuffle(len(shape), func(i, j int) { shape[i], shape[j] = shape[j], shape[i] })
	if rng.IntN(3) == 0 {
		shape = append(shape, 1)
	}
	return shape
}

func TestViewErrors(t *testing.T) {
	a := arange(2, 3, 1)
	deep := must(Scalar(1.0).Reshape(slices.Repeat([]int{1}, MaxRank)...))
	for name, c := range map[string]struct {
		code error
		call func() (*Tensor, error)
	}{
		"unsqueeze":       {ErrAxis, func() (*Tensor, error) { return a.Unsqueeze(4) }},
		"unsqueeze -5":    {ErrAxis, func() (*Tensor, error) { return a.Unsqueeze(-5) }},
		"unsqueeze deep":  {ErrRank, func() (*Tensor, error) { return deep.Unsqueeze(0) }},
		"squeeze":         {ErrShape, func() (*Tensor, error) { return a.Squeeze(0) }},
		"squeeze twice":   {ErrAxis, func() (*Tensor, error) { return a.Squeeze(2, -1) }},
		"expand rank":     {ErrShape, func() (*Tensor, error) { return a.Expand(3, 1) }},
		"expand extent":   {ErrShape, func() (*Tensor, error) { return a.Expand(2, 4, 1) }},
		"expand negative": {ErrExtent, func() (*Tensor, error) { return a.Expand(-2, 2, 3, 1) }},
		"expand new -1":   {ErrExtent, func() (*Tensor, error) { return a.Expand(-1, 2, 3, 1) }},
		"expand size":     {ErrSize, func() (*Tensor, error) { return a.Expand(1<<43, 2, 3, 1) }},
		"permute few":     {ErrAxis, func() (*Tensor, error) { return a.Permute(0, 1) }},
		"permute twice":   {ErrAxis, func() (*Tensor, error) { return a.Permute(0, 1, -2) }},
		"diagonal same":   {ErrAxis, func() (*Tensor, error) { return a.Diagonal(1, -2) }},
		"flip":            {ErrAxis, func() (*Tensor, error) { return a.Flip(3) }},
		"reshape length":  {ErrLength, func() (*Tensor, error) { return a.Reshape(5) }},
		"reshape -1 -1":   {ErrExtent, func() (*Tensor, error) { return a.Reshape(-1, -1) }},
		"reshape -1":      {ErrLength, func() (*Tensor, error) { return a.Reshape(-1, 4) }},
		"reshape -1 0":    {ErrLength, func() (*Tensor, error) { return a.Reshape(-1, 0) }},
		"reshape -2":      {ErrExtent, func() (*Tensor, error) { return a.Reshape(-2, 3) }},
		"reshape huge":    {ErrSize, func() (*Tensor, error) { return a.Reshape(-1, 1<<62) }},
		"reshape copy":    {ErrCopy, func() (*Tensor, error) { return a.Transpose().Reshape(6) }},
		"index range":     {ErrIndex, func() (*Tensor, error) { return a.Index(At(2)) }},
		"index low":       {ErrIndex, func() (*Tensor, error) { return a.Index(Ellipsis, At(-2)) }},
		"index many":      {ErrIndex, func() (*Tensor, error) { return a.Index(All, All, All, All) }},
		"index dots":      {ErrIndex, func() (*Tensor, error) { return a.Index(Ellipsis, Ellipsis) }},
		"index step":      {ErrIndex, func() (*Tensor, error) { return a.Index(Slice(0, 1, 0)) }},
		"index nil":       {ErrIndex, func() (*Tensor, error) { return a.Index(nil) }},
		"index mark":      {ErrIndex, func() (*Tensor, error) { return a.Index(Mark(9)) }},
		"index deep":      {ErrRank, func() (*Tensor, error) { return deep.Index(NewAxis) }},
		"strided past":    {ErrIndex, func() (*Tensor, error) { return a.AsStrided(0, []int{2, 3}, []int{3, 2}) }},
		"strided before":  {ErrIndex, func() (*Tensor, error) { return a.AsStrided(1, []int{3}, []int{-1}) }},
		"strided wraps":   {ErrIndex, func() (*Tensor, error) { return a.AsStrided(0, []int{5, 5}, []int{1 << 62, 1 << 62}) }},
		"strided offset":  {ErrIndex, func() (*Tensor, error) { return a.AsStrided(1<<63-1, []int{2}, []int{1}) }},
		"strided rank":    {ErrAxis, func() (*Tensor, error) { return a.AsStrided(0, []int{2}, nil) }},
	} {
		v, err := c.call()
		require.ErrorIs(t, err, c.code, name)
		require.Nil(t, v, name)
	}
	_, err := a.Transpose().Reshape(6)
	require.EqualError(t, err, "reshape: (1, 3, 2) to (6,) needs a copy: new axis 0 would run over axes 1 and 2, "+
		"which have strides 1 and 3 and are not one run in memory: Clone first [needs-copy]")
}

func TestIndexLikeNumPy(t *testing.T) {
	a := arange(2, 3, 4)
	v := must(a.Index(NewAxis, Ellipsis, Slice(Open, Open, -2), NewAxis))
	require.Equal(t, []int{1, 2, 3, 2, 1}, v.Shape())
	require.Equal(t, []int{0, 12, 4, -2, 0}, v.Strides())
	require.Equal(t, 3, v.Offset())
	v = must(a.Index(At(-1), Slice(5, Open, 1)))
	require.Equal(t, []int{0, 4}, v.Shape())
	require.NotNil(t, v.Data())
	v = must(a.Index(Slice(1, 2, 1<<62), At(0)))
	require.Equal(t, []int{1, 4}, v.Shape())
	require.Equal(t, []int{12, 1}, v.Strides())
	require.Equal(t, int64(12), must(v.AtInt(0, 0)))
	require.True(t, must(a.Unsqueeze(1)).Contiguous())
	require.False(t, must(must(a.Unsqueeze(1)).Expand(2, 2, 3, 4)).Contiguous())
	require.Equal(t, []int{2, 3, 4}, must(a.AsStrided(0, []int{2, 3, 4}, a.Strides())).Shape())
}

// Reading a tensor's parts is on the way of every kernel call.
func TestAccessorsAllocateNothing(t *testing.T) {
	a := arange(2, 3)
	var p unsafe.Pointer
	sum := 0
	require.Zero(t, testing.AllocsPerRun(100, func() {
		p = a.Data()
		sum += len(a.Shape()) + len(a.Strides()) + a.Rank() + a.Len() + a.Offset() + len(a.Bytes()) + int(a.DType())
	}))
	require.Equal(t, unsafe.Pointer(&a.Bytes()[0]), p)
}
