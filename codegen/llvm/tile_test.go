package llvm_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/llvm"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

const arm = "aarch64-unknown-linux-gnu"

// TestTilesKeepRegisters looks at the machine code of tiles that fit the registers: the loops over K must
// hold one block of multiply-adds and touch no stack. Those of the last rows, and of the last columns, must leave
// out the others.
func TestTilesKeepRegisters(t *testing.T) {
	if _, err := libllvm.Open(); err != nil {
		t.Skip(err)
	}
	for _, c := range []registersCase{
		{linux, "x86-64-v3", 256, tensor.F32, 6, 16, 8, 4, "vfmadd"},
		{linux, "x86-64-v3", 256, tensor.F64, 6, 8, 4, 4, "vfmadd"},
		{linux, "x86-64-v3", 256, tensor.I32, 4, 16, 8, 1, "vpmulld"},
		{linux, "x86-64-v4", 512, tensor.F32, 12, 32, 16, 4, "vfmadd"},
		{linux, "x86-64-v4", 512, tensor.F64, 12, 16, 8, 4, "vfmadd"},
		{linux, "x86-64-v4", 512, tensor.F32, 8, 48, 16, 4, "vfmadd"},
		{linux, "x86-64-v4", 512, tensor.F64, 8, 24, 8, 4, "vfmadd"},
		{arm, "generic", 128, tensor.F32, 8, 12, 4, 4, "fmla"},
		{arm, "generic", 128, tensor.F64, 6, 8, 2, 4, "fmla"},
	} {
		p := matrices(c.d, c.mr, c.nr, c.lanes, 50, 100, 301, 150)
		c.check(t, p)
		c.check(t, open(p))
		c.check(t, asking(p, 5))
		if c.triple != arm { // which multiplies by lanes of what it reads of a panel
			c.check(t, inPlace(p))
			c.check(t, rowsOfB(p))
			c.check(t, inPlace(rowsOfB(p)))
			if c.bits == 512 && c.mr == 8 { // as tiles that read B in place are
				c.check(t, open(rowsOfB(p)))
				c.check(t, open(inPlace(rowsOfB(p))))
			}
			runs := inPlace(p)
			runs.runs, runs.k = true, axes{[]int64{7, 43}, []int64{43, 1}, []int64{4300, 100}}
			c.check(t, runs)
		}
	}
}

// Tiles that stream have stores past the cache beside the others, and a fence; other tiles, and other machines, have not.
func TestTilesStream(t *testing.T) {
	p := matrices(tensor.F32, 6, 16, 8, 12, 128, 40, 40)
	stream := func(p product, on llvm.Target) int {
		ir := text(t, p.job(level{fma: true}, 1).nest, on)
		require.Equal(t, strings.Contains(ir, "nontemporal"), strings.Contains(ir, "sfence"), ir)
		return strings.Count(ir, "nontemporal")
	}
	require.Equal(t, []int{0, 12}, []int{stream(p, v3), stream(past(p), v3)}, "two vectors in each of six rows")
}

// Tiles that ask for what later ones read do so for each line that some terms move by.
func TestTilesAskAhead(t *testing.T) {
	p := matrices(tensor.F32, 6, 16, 8, 12, 32, 40, 40)
	asked := func(elements int64) int {
		return strings.Count(text(t, asking(p, elements).job(level{fma: true}, 1).nest, v3), "call void @llvm.prefetch")
	}
	for elements, lines := range map[int64]int{1: 1, 4: 1, 5: 2, 12: 3} {
		require.Equal(t, lines, asked(elements)-asked(0), "%d elements with each of four terms, of 16 a line", elements)
	}
}

// Tiles have a loop over single terms only where some may be left: of blocks, or of runs of A in place.
func TestTilesTakeTermsTogether(t *testing.T) {
	single := func(k, block int64, run ...int64) bool {
		p := matrices(tensor.F32, 6, 16, 8, 12, 32, k, block)
		for _, n := range run {
			p = inPlace(p)
			p.runs, p.k = true, axes{[]int64{k / n, n}, []int64{n, 1}, []int64{32 * n, 32}}
		}
		return strings.Contains(text(t, p.job(level{fma: true}, 1).nest, v3), "krest")
	}
	require.Equal(t, []bool{false, true, true}, []bool{single(304, 152), single(302, 152), single(304, 150)})
	require.Equal(t, []bool{false, true, true}, []bool{single(304, 152, 76), single(304, 152, 38), single(304, 150, 76)})
}

// registersCase is a tile, and how its loops are known: they unroll so many steps, of this operation.
type registersCase struct {
	triple, cpu   string
	bits          int
	d             tensor.DType
	mr, nr, lanes int64
	unroll        int
	op            string
}

func (c registersCase) check(t *testing.T, p product) {
	t.Helper()
	j := p.job(level{fma: true}, 1)
	m, err := module(j.nest, llvm.Target{Triple: c.triple, CPU: c.cpu, VectorBits: c.bits})
	require.NoError(t, err)
	r, err := libllvm.Compile(context.Background(), libllvm.Request{IR: llvm.Text(m), Triple: c.triple, CPU: c.cpu,
		Passes: llvm.Passes(j.nest.Strategy), Level: 3, Kind: libllvm.Asm})
	require.NoError(t, err)
	sizes := c.sizes(p)
	for _, body := range loopBodies(string(r.Code)) {
		n := strings.Count(body, c.op)
		_, known := sizes[n]
		switch {
		case n == 0:
		case known:
			sizes[n]++
			spills := stack.FindAllString(body, -1)
			few := 0 // of a pointer for each row, and of what calls decide, some may wait in memory, as two loads fit beside each two multiply-adds
			switch {
			case p.runs:
				few = int(c.mr)
			case p.place && p.open:
				few = 6
			case p.place:
				few = 4
			}
			if few > 0 && len(spills) <= few {
				require.NotRegexp(t, `mm|[qv]\d`, strings.Join(spills, "\n"))
				continue
			}
			require.Empty(t, spills, "%+v, in place: %t, spills", c, p.place)
		default:
			t.Fatalf("%+v, in place: %t: a block with %d times %s:\n%s", c, p.place, n, c.op, body)
		}
	}
	for n, loops := range sizes {
		require.NotZero(t, loops, "%+v, in place: %t: no loop with %d times %s", c, p.place, n, c.op)
	}
}

// sizes is how many multiply-adds the loops of 50 rows and 100 columns have: 2 rows and 4 columns are left. Of B in place,
// these rows read these columns by code of their own. Where columns are open, any number of vectors may be left, which
// take one step at a time.
func (c registersCase) sizes(p product) map[int]int {
	row := int(c.nr / c.lanes)
	rest := int((4 + c.lanes - 1) / c.lanes)
	tiles, sizes := []int{int(c.mr) * row, 2 * row}, map[int]int{}
	switch {
	case p.open:
		for n := 1; n < row; n++ {
			sizes[int(c.mr)*n] = 0
			if p.rows {
				sizes[2*n] = 0
			}
		}
	case p.rows:
		tiles = append(tiles, int(c.mr)*rest, 2*rest)
	default:
		tiles = append(tiles, int(c.mr)*rest)
	}
	for _, tile := range tiles {
		sizes[tile], sizes[c.unroll*tile] = 0, 0
	}
	return sizes
}

var (
	stack = regexp.MustCompile(`(?m)^.*(\(%rsp\b|\[sp\b).*$`)
	label = regexp.MustCompile(`(?m)^\.L\w+:.*$`)
	jump  = regexp.MustCompile(`(?m)^\s+(j[a-z]+|b\.\w+|cbn?z\s+\w+,|tbn?z\s+\w+,.*,)\s+(\.L\w+)`)
)

// loopBodies is the text of the blocks that jump back to their own beginning.
func loopBodies(asm string) (bodies []string) {
	at := label.FindAllStringIndex(asm, -1)
	for i, l := range at {
		end := len(asm)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		name, _, _ := strings.Cut(asm[l[0]:l[1]], ":")
		block := asm[l[1]:end]
		if j := jump.FindStringSubmatchIndex(block); j != nil && block[j[4]:j[5]] == name {
			bodies = append(bodies, block[:j[1]])
		}
	}
	return bodies
}
