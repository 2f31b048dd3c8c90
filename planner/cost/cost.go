package cost

import "github.com/einc-lang/einc/tensor"

// Target is what planning and lowering know of the machine.
type Target struct {
	Arch        string // "amd64", "arm64"
	Level       string // instruction-set level, as "x86-64-v3", or "generic" of arm64: see codegen.Levels
	VectorBytes int    // bytes of a vector register: 16, 32 or 64
	Registers   int    // vector registers: 16 or 32
	FMA         bool   // fused multiply-add in hardware
	F16C        bool   // conversions between F16 and F32 in hardware
	L1, L2, L3  int    // bytes of cache that one core may count on: they choose blocks of rows and columns, and what is packed, only
	Workers     int    // workers a plan's peak memory is stated for
}

// MostWorkers bounds Target.Workers, so that bytes for all of them can be counted.
const MostWorkers = 1 << 20

// Lanes is the number of elements of d in a vector register, at least 1. Complex values take the
// lanes of their parts' pairs; half types are computed with as F32, bools as bytes.
func (t *Target) Lanes(d tensor.DType) int { return max(1, t.VectorBytes/d.Accum().Size()) }

// realLanes is the number of elements of d in a vector register where a complex value takes two, one a part.
func (t *Target) realLanes(d tensor.DType) int64 {
	return int64(max(1, t.VectorBytes/d.Accum().Real().Size()))
}

// Strategy names a way to run a step. The names are those of the builders in codegen/lower.
type Strategy string

// The strategies.
const (
	Direct Strategy = "direct"
	Packed Strategy = "packed"
	Fused  Strategy = "fused"
)

// Work is the question asked of the model: the extents of a step's index classes, its element types,
// and how its operands lie.
type Work struct {
	B, M, N, K    float64      // products of extents; 1 where a class is empty
	Type          tensor.DType // of the computation
	Product       bool         // Body is the product of the two core operands and Reduce is Sum
	Plain         bool         // no diagonal output, nothing but loads and conversions in prologues
	Place         Places       // of Plain: operands that are read where they lie
	BytesIn       float64      // bytes of all inputs, each counted once
	BytesOut      float64
	Beside        int        // operands that are read where the output is written, its old value among them
	Waits         bool       // sums must not wait in the output: its elements are narrower, or its old value is needed
	Ops           float64    // element-wise operations an innermost iteration costs beyond one multiply-add
	Factors       int        // factors of a product beyond its two core operands
	Inner         float64    // of K: what no factor changes along; 1 or less if there is no such index, or no factor
	Sums          *Sums      // of Factors: how tiles sum the core; nil where that is not known
	Folded        bool       // every input is unit-stride along a reduced index: unpacked vectors run along it and are folded
	Askew         bool       // the output's unit-stride index is not unit-stride in the operand that holds it
	Turned        bool       // of Askew: the other operand's unit-stride index is free, so that tiles are turned around in registers
	Run           float64    // elements that vectors run along: they lie in a row in the output, and in every input that moves along them; 0 for all of N
	Turns         int        // inputs that tiles turn around where nothing is reduced: their vectors lie across the output's
	Fetches       float64    // elements that every multiply-add fetches by itself, as vectors run across an input
	FetchedBytes  float64    // of the inputs that are fetched so
	Turning       float64    // as Fetches, of inputs that tiles turn around in registers, a few terms at once
	Nearby        float64    // as Fetches, of inputs whose lines the next terms of a sum use up
	NearbyLines   float64    // lines of them that are fetched until such a term comes
	Lone          float64    // elements of inputs that are loaded one by one for all lanes, and lie in lines with those of other items of the batch
	LoneLines     float64    // lines of them that an item of the batch needs
	Jumps         float64    // runs of terms that rows of the left operand are read in, if they have more than one each
	Folds         bool       // vectors run along a reduced index
	AlongBatch    bool       // vectors run along the batch and move both inputs: tiles have rows of either, and no element is spread
	Scattered     bool       // vectors run across the output, so that elements are stored one by one
	GathersBeside int        // operands that are read where the output is written and hold its unit-stride index at another stride
	Strided       float64    // lines of inputs that items of the batch take short runs from, as they hold other items too
	StridedOut    float64    // the same of the output
	Packs         [2]Packing // of Plain: how the packed strategy finds the elements of the left operand, and the right one
	Columns       float64    // of Plain: elements that lie in a row of the output along the right operand's own indices; 0 if nothing is known
	Cycles        float64    // that tiles of the direct strategy take, if what they read is in the first level; 0 where there are no tiles
	Across        float64    // bytes between lines of the output that a vector of sums is stored to, turned around; 0 if it is stored otherwise
	Nest          *Nest      // loops of the direct strategy, of a product by its core's two inputs, and of a sum of one; nil where they are not known
	UnitInner     bool       // some index is unit-stride in the output or, for reductions, in an input
}

// Estimate is the model's answer.
type Estimate struct {
	Strategy  Strategy
	Nanos     float64 // one worker
	Shared    int64   // bytes of workspace all workers share
	PerWorker int64   // bytes of workspace each worker needs
}
