//go:build linux

package golden_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// guarded allocates memory that ends (or begins) at a page that cannot be touched.
type guarded struct {
	t     *testing.T
	atEnd bool
	maps  [][]byte
}

func (g *guarded) alloc(n int) []byte {
	page := os.Getpagesize()
	body := (n + page - 1) / page * page
	m, err := unix.Mmap(-1, 0, body+2*page, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE)
	require.NoError(g.t, err)
	g.maps = append(g.maps, m)
	if body > 0 {
		require.NoError(g.t, unix.Mprotect(m[page:page+body], unix.PROT_READ|unix.PROT_WRITE))
	}
	first := page
	if g.atEnd {
		first = page + body - n
	}
	return m[first : first+n : first+n]
}

func (g *guarded) free() {
	for _, m := range g.maps {
		require.NoError(g.t, unix.Munmap(m))
	}
	g.maps = nil
}

const guardChild = "EINC_GUARD_CHILD"

// TestGuardPages runs native kernels with every operand and the output flush against pages that cannot
// be touched, in a child process, since a fault there cannot be survived.
func TestGuardPages(t *testing.T) {
	if os.Getenv(guardChild) != "" {
		t.Skip("this is the child")
	}
	hostLevels(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestGuardChild$", "-test.v")
	cmd.Env = append(os.Environ(), guardChild+"=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: TestGuardChild")
}

// TestGuardChild is the body of TestGuardPages.
func TestGuardChild(t *testing.T) {
	if os.Getenv(guardChild) == "" {
		t.Skip("run by TestGuardPages")
	}
	r := rand.New(rand.NewPCG(seed(t), 2))
	levels := hostLevels(t)
	guardPanels(t, levels)
	for i := range rounds(t, 20) {
		for _, d := range tensor.DTypes() {
			g := &guarded{t: t, atEnd: i%2 == 0}
			c, err := golden.Random(r, d, g.alloc)
			require.NoError(t, err)
			runGuarded(t, g, c, options(einc.Native), levels[i%len(levels)])
			if i%5 == int(d)%5 { // by code for open extents, too
				opts := options(einc.Native)
				opts.Dynamic = []string{einc.AllLabels}
				runGuarded(t, g, c, opts, levels[i%len(levels)])
			}
			g.free()
		}
	}
}

// guardPanels runs products of any extents that go by panels, whose edges are read and written by parts of vectors.
func guardPanels(t *testing.T, levels []string) {
	r := rand.New(rand.NewPCG(seed(t), 3))
	types := []tensor.DType{tensor.F32, tensor.F64, tensor.C64, tensor.F16, tensor.I32}
	for i := range rounds(t, 15) {
		g := &guarded{t: t, atEnd: i%2 == 0}
		c, err := golden.RandomPanels(r, types[i%len(types)], g.alloc)
		require.NoError(t, err)
		runGuarded(t, g, c, options(einc.Native), levels[i/len(types)%len(levels)])
		g.free()
	}
}

func runGuarded(t *testing.T, g *guarded, c *golden.Contraction, opts *einc.Options, level string) {
	want, err := golden.Eval(problem(t, c), c.Operands)
	require.NoError(t, err)
	opts.Level = level
	fmt.Println("running", level, c.Expr, shapes(c), opts.Dynamic) // the last line names the culprit after a fault
	f, err := einc.Compile(c.Expr, specs(c.Operands), opts)
	require.NoError(t, err)
	defer f.Close()
	out, err := tensor.FromBytes(want.DType(), g.alloc(want.Len()*want.DType().Size()), want.Shape()...)
	require.NoError(t, err)
	require.NoError(t, f.Call(out, c.Operands...))
	require.True(t, golden.Equal(want, out), c.Expr)
}
