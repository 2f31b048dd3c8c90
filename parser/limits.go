package parser

import (
	"math/bits"

	"github.com/einc-lang/einc/tensor"
)

// What is refused as too large. The limits keep every later product of sizes within int64.
const (
	MaxOperands = 1 << 20 // operands, and references in a program
	MaxIndices  = 1 << 20 // different indices
	MaxRank     = 1 << 10 // axes of a tensor
	MaxBytes    = 1 << 46 // bytes of a tensor
	MaxSource   = 1 << 26 // bytes of text
	MaxDepth    = 1000    // operations within operations
)

// checkBytes computes the bytes of a tensor as if no extent were 0, so that its strides fit too. It
// returns the code of what is exceeded, or "".
func checkBytes(shape []int, d tensor.DType) Code {
	n := uint64(d.Size())
	for _, e := range shape {
		hi, lo := bits.Mul64(n, uint64(max(e, 1)))
		if hi != 0 || lo > 1<<63-1 {
			return CodeOverflow
		}
		n = lo
	}
	if n > MaxBytes {
		return CodeLimitBytes
	}
	return ""
}

// checkReach does the same for the distance, in bytes, from the first to the last element of a
// strided tensor.
func checkReach(shape, strides []int, d tensor.DType) Code {
	n := uint64(d.Size())
	total := n
	for a, e := range shape {
		s := uint64(strides[a])
		if strides[a] < 0 {
			s = -s
		}
		hi, lo := bits.Mul64(s, uint64(max(e-1, 0)))
		hi2, step := bits.Mul64(lo, n)
		sum, carry := bits.Add64(total, step, 0)
		if hi != 0 || hi2 != 0 || carry != 0 || sum > 1<<63-1 {
			return CodeOverflow
		}
		total = sum
	}
	if total > MaxBytes {
		return CodeLimitBytes
	}
	return ""
}
