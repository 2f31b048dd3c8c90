package loop_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
)

func TestString(t *testing.T) {
	require.Equal(t, strings.TrimLeft(`
nest "dot" fma
  in A f32[0..55)
  in B f32[0..11)
  out C f32[0..5)
for i 0..5 task
  r1:f32x4 = const 0
  for k#1 0..11 step 4 vector carry r0:f32x4 = r1 then r4
    r2:f32x4 = load A[i*11 + k#1] by 1
    r3:f32x4 = load B[k#1] by 1
    r4:f32x4 = fma r2, r3, r0
  r6:f32 = fold.add r0
  for k#2 0..11 after 4 carry r5:f32 = r6 then r9
    r7:f32 = load A[i*11 + k#2]
    r8:f32 = load B[k#2]
    r9:f32 = fma r7, r8, r5
  store C[i], r5
`, "\n"), dot(5, 11).String())
}

func TestStringOfBlocks(t *testing.T) {
	n := product(productSize{m: 5, n: 19, k: 7, kb: 4, acc: tensor.F32}).nest
	n.Params[0].Lo = -3
	n.Dims = 2
	root := n.Body[0].(*loop.For)
	root.Body = append(root.Body,
		&loop.Split{Of: 0, Into: []loop.Var{1, 2}, Radix: []loop.Size{loop.Const(3), loop.Dim(1)}},
		&loop.Store{Src: 0, To: loop.Addr{Param: 9, Off: affine(-2, loop.Term{Var: 0, Coef: loop.Dim(0)}, at(1, -1))}})
	require.Equal(t, strings.TrimLeft(`
nest "packed" fma dims 2
  in A f32[-3..35)
  in B f32[0..133)
  out C f32[0..95)
  worker pa f32[0..24)
  worker pb f32[0..32)
  worker am i64[0..6)
  worker bn i64[0..8)
  worker ak i64[0..4)
  worker bk i64[0..4)
  worker cm i64[0..6)
  worker cn i64[0..8)
for task 0..3 task
  split task = i:1 j:3
  offsets am[0] = group(5*7) from i*6 count min(6, 5 - (i*6))
  offsets cm[0] = group(5*19) from i*6 count min(6, 5 - (i*6))
  offsets bn[0] = group(19*1) from j*8 count min(8, 19 - (j*8))
  offsets cn[0] = group(19*1) from j*8 count min(8, 19 - (j*8))
  for kb 0..2
    offsets ak[0] = group(7*1) from kb*4 count min(4, 7 - (kb*4))
    offsets bk[0] = group(7*19) from kb*4 count min(4, 7 - (kb*4))
    pack pa[0] = A[0] rows am[0] of min(6, 5 - (i*6)) width 6 cols ak[0] of min(4, 7 - (kb*4))
    pack pb[0] = B[0] rows bn[0] of min(8, 19 - (j*8)) width 8 cols bk[0] of min(4, 7 - (kb*4)) run 8
    tile 6x8 lanes 4 acc f32 depth min(4, 7 - (kb*4)): C[0] = pa[0] * pb[0] rows cm[0] of min(6, 5 - (i*6)) cols cn[0] of min(8, 19 - (j*8)) add kb run 8
  split task = i:3 j:dims[1]
  store cm[task*dims[0] + i*-1 - 2] by 0, ?
`, "\n"), strings.Replace(n.String(), "r0", "?", 1))
}

func TestCanonical(t *testing.T) {
	a, b := dot(5, 11), dot(5, 11)
	b.Strategy, b.Vars = "other", []string{"x", "", "y*2"}
	b.Params[1].Name = "weird name"
	require.Equal(t, a.Canonical(), b.Canonical())
	require.Contains(t, b.String(), `x*11 + #1`)
	require.Contains(t, b.String(), `"weird name"["y*2"]`)
	for name, change := range map[string]func(*loop.Nest){
		"fma":   func(n *loop.Nest) { n.FMA = false },
		"f16c":  func(n *loop.Nest) { n.F16C = true },
		"lo":    func(n *loop.Nest) { n.Params[0].Lo-- },
		"lanes": func(n *loop.Nest) { n.Regs[3].Lanes = 8 },
		"kind":  func(n *loop.Nest) { n.Body[0].(*loop.For).Body[1].(*loop.For).Kind = loop.Unroll },
	} {
		c := dot(5, 11)
		change(c)
		require.NotEqual(t, a.Canonical(), c.Canonical(), name)
	}
	p := product(productSize{m: 5, n: 19, k: 7, kb: 4, acc: tensor.F32}).nest
	panel, kb := p.Canonical(), p.Body[0].(*loop.For).Body[5].(*loop.For)
	kb.Body[4].(*loop.Tile).BStep = loop.Const(1)
	require.NotEqual(t, panel, p.Canonical(), "rows of one element are no panel")
	kb.Body[4].(*loop.Tile).BStep, kb.Body[3].(*loop.Pack).Apart = loop.Const(0), 1
	require.NotEqual(t, panel, p.Canonical(), "panels that are one element apart are not one panel")
}
