package tensor

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConvertTable(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	f64 := func(v ...float64) *Tensor { return must(From(v, len(v))) }
	i64 := func(v ...int64) *Tensor { return must(From(v, len(v))) }
	c128 := func(v ...complex128) *Tensor { return must(From(v, len(v))) }
	for _, c := range []struct {
		in   *Tensor
		to   DType
		want string
	}{
		{i64(300, -129, 1<<40+7, -1), I8, "[ 44 127   7  -1]"},
		{i64(1<<40+7, -1<<15-1), I16, "[    7 32767]"},
		{i64(1<<53+1, -1), F64, "[ 9.00719925e+15 -1.00000000e+00]"},
		{i64(0, 2, -1), Bool, "[False  True  True]"},
		{i64(16777217, 16777219), F32, "[1.6777216e+07 1.6777220e+07]"},
		{i64(65520, -65519, 2049, 2051), F16, "[       inf -6.550e+04  2.048e+03  2.052e+03]"},
		{i64(1, -2), C64, "[ 1.+0.j -2.+0.j]"},
		{f64(3.99, -3.99, nan, 1e300), I8, "[  3  -3   0 127]"},
		{f64(inf, -inf, 4e9, -0.5), I32, "[ 2147483647 -2147483648  2147483647           0]"},
		{f64(1<<63, -9.3e18, 1<<62), I64, "[ 9223372036854775807 -9223372036854775808  4611686018427387904]"},
		{f64(nan, 0, math.Copysign(0, -1), 1e-300), Bool, "[ True False False  True]"},
		{f64(0.1), C128, "[0.1+0.j]"},
		{c128(3-4i, complex(nan, 0)), F64, "[ 3. nan]"},
		{c128(3.7 - 4i), I32, "[3]"},
		{c128(2i, 0), Bool, "[ True False]"},
		{c128(complex(1e40, -0.5)), C64, "[inf-0.5j]"},
		{must(From([]bool{true, false}, 2)), F32, "[1. 0.]"},
		{must(FromBytes(Bool, []byte{2, 0}, 2)), I8, "[1 0]"},
		{must(f64(1.5, -2).Convert(BF16)), F16, "[ 1.5 -2. ]"},
	} {
		got := must(c.in.Convert(c.to))
		require.Equal(t, c.to, got.DType())
		require.Equal(t, c.want, got.String(), "%v to %v", c.in, c.to)
	}
	_, err := f64(1).Convert(endDType)
	require.ErrorIs(t, err, ErrDType)
}

// A value that every type can hold survives any way through the types, over views and more than a chunk.
func TestConvertAllPairs(t *testing.T) {
	base := must(New(I8, 40, 35))
	for i := range base.Bytes() {
		base.Bytes()[i] = byte(i % 2)
	}
	views := []*Tensor{base, base.Transpose(), must(base.Flip(1)), must(base.Diagonal(0, 1)), must(base.Index(At(0), At(1))), must(base.Index(Slice(0, 0, 1)))}
	for _, v := range views {
		for _, a := range DTypes() {
			x := must(v.Convert(a))
			require.True(t, AllClose(v, x, 0, 0), "%v", a)
			for _, b := range DTypes() {
				y := must(x.Transpose().Convert(b)).Transpose()
				require.Equal(t, b, y.DType())
				require.True(t, AllClose(v, y, 0, 0), "%v by %v to %v", v.Shape(), a, b)
			}
		}
	}
}

func TestEqualAndAllClose(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	one := func(v float64) *Tensor { return Scalar(v) }
	require.True(t, Equal(one(0), one(math.Copysign(0, -1))))
	require.False(t, Equal(one(nan), one(nan)))
	require.False(t, Equal(one(1), Scalar(float32(1))))
	require.False(t, Equal(arange(2, 3), arange(3, 2)))
	require.False(t, Equal(arange(1, 3), arange(3)))
	require.True(t, Equal(arange(0, 3), arange(0, 3)))
	require.False(t, Equal(Scalar(int64(1<<53)), Scalar(int64(1<<53+1))))
	a, b := arange(700), must(arange(700).Clone())
	require.True(t, Equal(a, b))
	require.NoError(t, b.SetInt(1, 699))
	require.False(t, Equal(a, b))
	require.True(t, AllClose(one(100), one(101), 0.01, 0))
	require.False(t, AllClose(one(101.1), one(100), 0.01, 0))
	require.True(t, AllClose(one(inf), one(inf), 0, 0))
	require.False(t, AllClose(one(inf), one(-inf), 1, inf))
	require.False(t, AllClose(one(1), one(inf), 1, 1))
	require.False(t, AllClose(one(nan), one(nan), 1, 1))
	require.True(t, AllClose(Scalar(3+4i), Scalar(3.1+4i), 0.1, 0))
	require.True(t, AllClose(Scalar(int64(math.MinInt64)), Scalar(int64(math.MaxInt64)), 0, 2e19))
	require.False(t, AllClose(Scalar(int64(math.MinInt64)), Scalar(int64(math.MaxInt64)), 0, 1e19))
	require.True(t, AllClose(Scalar(int64(2)), one(2), 0, 0))
}

func TestAtAndSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, d := range DTypes() {
		a := must(must(New(d, 3, 4)).Index(Slice(Open, Open, -1), Slice(1, Open, 2)))
		i, j := rng.IntN(3), rng.IntN(2)
		require.NoError(t, a.SetAt(1, i, j-2))
		require.Equal(t, complex(1, 0), must(a.AtComplex(i, j)), "%v", d)
		sum := 0
		for _, b := range a.Bytes() {
			if b != 0 {
				sum++
			}
		}
		require.Positive(t, sum)
		if d.IsComplex() {
			_, err := a.At(0, 0)
			require.ErrorIs(t, err, ErrDType)
		} else {
			require.Equal(t, 1.0, must(a.At(i, j)))
		}
		if d.IsInt() || d == Bool {
			require.Equal(t, int64(1), must(a.AtInt(i, j)))
		} else {
			_, err := a.AtInt(0, 0)
			require.ErrorIs(t, err, ErrDType)
		}
		for _, index := range [][]int{{3, 0}, {0, 2}, {-4, 0}, {0}, {0, 0, 0}, nil, {math.MinInt, 0}} {
			require.ErrorIs(t, a.SetAt(1, index...), ErrIndex)
			_, err := a.AtComplex(index...)
			require.ErrorIs(t, err, ErrIndex)
		}
	}
	big := must(New(I64))
	require.NoError(t, big.SetInt(math.MaxInt64-1))
	require.Equal(t, int64(math.MaxInt64-1), must(big.AtInt()))
	c := must(New(C64, 1))
	require.NoError(t, c.SetComplex(1-2i, 0))
	require.Equal(t, 1-2i, must(c.AtComplex(0)))
}
