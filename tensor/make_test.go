package tensor

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestNewIsAlignedAndZero(t *testing.T) {
	for _, d := range DTypes() {
		for _, shape := range [][]int{nil, {0}, {1}, {3}, {5, 7}, {100, 0}, {4097}} {
			a := must(New(d, shape...))
			require.Zero(t, uintptr(a.Data())%lineBytes)
			require.Len(t, a.Bytes(), a.Len()*d.Size())
			for _, b := range a.Bytes() {
				require.Zero(t, b)
			}
		}
	}
}

// Numbers that no type has are as good as Invalid.
func TestUnknownDType(t *testing.T) {
	for _, d := range []DType{Invalid, endDType, 255} {
		require.False(t, d.Valid())
		require.Equal(t, "invalid", d.String())
		require.Equal(t, "invalid", d.NumPy())
		require.Zero(t, d.Size())
		_, err := New(d, 2)
		require.ErrorIs(t, err, ErrDType)
	}
}

func TestFromSharesMemory(t *testing.T) {
	s := []float32{1, 2, 3, 4, 5, 6}
	a := must(From(s, 2, 3))
	require.Equal(t, unsafe.Pointer(&s[0]), a.Data())
	require.NoError(t, a.SetAt(9, 1, 0))
	require.Equal(t, float32(9), s[3])
	require.Same(t, &s[0], &must(Values[float32](a))[0])
	require.Equal(t, []float32{1, 9, 2, 5, 3, 6}, must(Values[float32](a.Transpose())))
	_, err := From(s, 7)
	require.EqualError(t, err, "from: shape (7,) takes 7 elements of f32 (28 bytes), but there are 24 bytes [length-mismatch]")
	_, err = Values[float64](a)
	require.ErrorIs(t, err, ErrDType)
	require.NotNil(t, must(From([]int8(nil), 0, 5)).Data())
	_, err = From([]int8(nil))
	require.ErrorIs(t, err, ErrLength)

	shape := []int{2, 3}
	a = must(From(s, shape...))
	shape[0] = 100
	require.Equal(t, []int{2, 3}, a.Shape())
}

func TestStorageOutlivesItsSlice(t *testing.T) {
	a := func() *Tensor {
		s := make([]int64, 1000)
		s[999] = 7
		return must(must(From(s, 1000)).Index(Slice(999, Open, 1)))
	}()
	for range 3 {
		runtime.GC()
		_ = make([]int64, 1000)
	}
	require.Equal(t, int64(7), must(a.AtInt(0)))
}

func TestFromBytes(t *testing.T) {
	room := must(New(I64, 3)).Bytes()
	require.NoError(t, must(FromBytes(F16, room[2:8], 3)).SetAt(1.5, 2))
	require.Equal(t, uint16(0x3e00), *(*uint16)(unsafe.Pointer(&room[6])))
	_, err := FromBytes(C64, room[2:10], 1)
	require.ErrorIs(t, err, ErrAlign)
	_, err = FromBytes(C128, room[8:], 1)
	require.NoError(t, err)
	_, err = FromBytes(Invalid, nil)
	require.ErrorIs(t, err, ErrDType)
	_, err = FromBytes(F32, room, 2, 4)
	require.ErrorIs(t, err, ErrLength)
	require.Equal(t, []bool{true, false, true}, must(Values[bool](must(FromBytes(Bool, []byte{2, 0, 255}, 3)))))
}

func TestArangeFullScalar(t *testing.T) {
	require.Equal(t, "[0. 1. 2.]", must(Arange(F32, 3)).String())
	a := must(Arange(I8, 1300))
	require.Equal(t, int64(1299-5*256), must(a.AtInt(1299)))
	_, err := Arange(F32, -1)
	require.ErrorIs(t, err, ErrExtent)
	require.Equal(t, "[[2.+1.j 2.+1.j]]", must(Full(2+1i, 1, 2)).String())
	require.Equal(t, "7", Scalar(int16(7)).String())
	require.Empty(t, must(Full(true, 3, 0)).Bytes())
}

// Within the limits, but not within any machine: an error, where Go's allocator would end the process.
func TestTooMuchMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux is asked before an allocation")
	}
	_, err := New(F64, 1<<43)
	require.ErrorIs(t, err, ErrMemory)
	wide := must(Scalar(1.0).Expand(1 << 43))
	_, err = wide.Clone()
	require.ErrorIs(t, err, ErrMemory)
	_, err = Values[float64](wide)
	require.ErrorIs(t, err, ErrMemory)
}
