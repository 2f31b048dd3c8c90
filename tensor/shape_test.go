package tensor

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRowMajor(t *testing.T) {
	for _, c := range [][2][]int{{{}, {}}, {{3, 4, 5}, {20, 5, 1}}, {{3, 0, 5}, {5, 5, 1}}, {{2, -3, 4}, {4, 4, 1}},
		{{2, 1 << 40, 1 << 40}, {math.MaxInt >> 40 << 40, 1 << 40, 1}}} {
		require.Equal(t, c[1], RowMajor(make([]int, len(c[0])), c[0]))
	}
}

func TestCheckedLen(t *testing.T) {
	ones := make([]int, MaxRank)
	for i := range ones {
		ones[i] = 1
	}
	for _, c := range []struct {
		shape []int
		n     int
		code  error
	}{
		{nil, 1, nil},
		{[]int{0}, 0, nil},
		{[]int{3, 1, 5}, 15, nil},
		{ones, 1, nil},
		{append(ones, 1), 0, ErrRank},
		{[]int{2, -1}, 0, ErrExtent},
		{[]int{0, -1}, 0, ErrExtent},
		{[]int{math.MinInt}, 0, ErrExtent},
		{[]int{1 << 46}, 1 << 46, nil},
		{[]int{1<<46 + 1}, 0, ErrSize},
		{[]int{2, 13, 419, 691, 823, 2977518503}, 0, ErrSize}, // wraps to 10
		{[]int{1 << 32, 1 << 32}, 0, ErrSize},                 // wraps to 0
		{[]int{math.MaxInt, math.MaxInt, 0}, 0, ErrSize},
		{[]int{1 << 40, 0, 1 << 6}, 0, nil},
	} {
		n, err := CheckedLen(c.shape)
		require.Equal(t, c.n, n)
		if c.code == nil {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, c.code)
	}
	n, err := CheckedBytes(C128, []int{1 << 21, 1 << 21})
	require.NoError(t, err)
	require.Equal(t, 1<<46, n)
	_, err = CheckedBytes(C128, []int{1 << 21, 1<<21 + 1})
	require.ErrorIs(t, err, ErrSize)
	for _, d := range []DType{Invalid, endDType, 255} {
		_, err = CheckedBytes(d, nil)
		require.ErrorIs(t, err, ErrDType)
	}
}

func TestCheckedLenAgainstBig(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 20_000 {
		shape, want := make([]int, rng.IntN(6)), big.NewInt(1)
		for i := range shape {
			shape[i] = 1 + int(rng.Uint64()>>(2+rng.UintN(62)))
			want.Mul(want, big.NewInt(int64(shape[i])))
		}
		n, err := CheckedLen(shape)
		if want.Cmp(big.NewInt(MaxBytes)) > 0 {
			require.ErrorIs(t, err, ErrSize, "round %d %v", round, shape)
		} else {
			require.Equal(t, want.Int64(), int64(n), "round %d %v", round, shape)
		}
	}
}

func TestBroadcastShapes(t *testing.T) {
	for _, c := range []struct {
		in  [][]int
		out []int
	}{
		{nil, []int{}},
		{[][]int{{}, {2}}, []int{2}},
		{[][]int{{8, 1, 6, 1}, {7, 1, 5}}, []int{8, 7, 6, 5}},
		{[][]int{{1}, {0}}, []int{0}},
		{[][]int{{0, 3}, {1, 1}, {3}}, []int{0, 3}},
		{[][]int{{2}, {3}}, nil},
		{[][]int{{0}, {3}}, nil},
		{[][]int{{4, 1}, {3, 5, 2}}, nil},
	} {
		out, err := BroadcastShapes(c.in...)
		if c.in != nil && c.out == nil {
			require.ErrorIs(t, err, ErrShape, "%v", c.in)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.out, out)
	}
	_, err := BroadcastShapes([]int{2, 3}, []int{1}, []int{4})
	require.EqualError(t, err, "broadcast: shape 0 (2, 3) and shape 2 (4,) disagree at axis 1 from the right: 3 and 4 [shape-mismatch]")
	_, err = BroadcastShapes([]int{1 << 40, 1}, []int{1 << 40})
	require.ErrorIs(t, err, ErrSize)
	var e *Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, ErrSize, e.Code)
}
