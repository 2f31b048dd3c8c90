package lower

import (
	"strings"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// fusedExprs are products with a core of the first two inputs: factors of outer, free and batch indices.
var fusedExprs = []string{"abc,cd,bd->ad", "abc,cd,ad->bd", "abc,bd,ad->cd", "ba,ca,b,c->bc", "bac,bdc,b,b->bad", "abc,cd,b->ad",
	"abc,dc,bd->da", "abcd,de,ce,be->ae", "abc,cd,abd->ad", "ab,b,a->", "abc,c,ab->"}

func TestFusedEveryTypeAndShape(t *testing.T) {
	seed := int64(1)
	for _, target := range targets() {
		for i, e := range fusedExprs {
			for j, d := range tensor.DTypes() {
				seed++
				c := caseOf{expr: e, types: []tensor.DType{d}, extent: map[rune]int{}, fused: true, span: 1}
				for k, r := range "abcde" {
					c.extent[r] = []int{1, 2, 3, 5, 7, 13, 17, 33}[(int(seed)*(k+3)+i*7+j*5+k*k)%8]
				}
				c.layouts = string("cfnzp"[seed%5]) + string("cpfzn"[seed/5%5])
				c.runtime = seed%3 == 0
				c.check(t, target, seed)
			}
		}
	}
}

func TestFusedFactorsWaitForTheCore(t *testing.T) {
	f32 := []tensor.DType{tensor.F32}
	for _, target := range targets() {
		c := caseOf{expr: "abc,cd,bd->ad", sizes: "32J4", types: f32, fused: true}
		p := c.check(t, target, 1)
		require.Equal(t, "fused", p.Nests[0].Strategy)
		text := p.Nests[0].String()
		require.Greater(t, strings.Index(text, "load bd"), strings.LastIndex(text, "load cd"), "the factor is read after the loop over c")
	}
}

// TestFusedRowsShareTheCore has two axes along which as many inputs stay put: a factor along a, one of the core along b. Rows along b
// load a vector of the core once for all.
func TestFusedRowsShareTheCore(t *testing.T) {
	for _, target := range targets() {
		c := caseOf{expr: "abcd,acde,dbe->abe", extent: map[rune]int{'a': 5, 'b': 6, 'c': 7, 'd': 3, 'e': 16}, types: []tensor.DType{tensor.F32}, fused: true}
		text := c.check(t, target, 1).Nests[0].String()
		terms := text[strings.Index(text, "for c"):strings.Index(text, "load dbe")]
		require.GreaterOrEqual(t, strings.Count(terms, "fma"), 2*strings.Count(terms, "load acde"), text)
	}
}

func TestFusedReductionsAreCut(t *testing.T) {
	for _, target := range targets() {
		for i, c := range []caseOf{
			{expr: "ab,bc,ac->c", sizes: "00G", extent: map[rune]int{'a': 300, 'b': 501, 'c': 5}},
			{expr: "ab,bc,ac->c", sizes: "00G", extent: map[rune]int{'a': 3, 'b': 90_001, 'c': 5}, old: "c", oldOp: parser.Sum},
		} {
			c.types, c.fused, c.span = []tensor.DType{tensor.F64}, true, 1
			require.Len(t, c.check(t, target, int64(i)).Phases, 2)
		}
	}
}

func TestFusedNeedsAPlainProduct(t *testing.T) {
	f32 := tensor.F32
	for _, c := range []caseOf{
		{expr: "ab,bc,b->ac", sizes: "789", types: []tensor.DType{f32}}, // no index is left to the core
		{expr: "abc,cd,bd->ad", sizes: "7890", types: []tensor.DType{f32}},
		{expr: "abc,cd,bd->ad", sizes: "7893", types: []tensor.DType{f32}, reduce: parser.Max},
		{expr: "abc,cd,bd->ad", sizes: "7893", types: []tensor.DType{f32},
			body: parser.Expr{input(0, f32), input(1, f32), input(2, f32), call(parser.FnAdd, f32, 0, 1, 2)}},
	} {
		c.fused = true
		for _, n := range c.check(t, avx2, 1).Nests {
			require.Equal(t, "direct", n.Strategy)
		}
	}
}

// TestFusedReadsLargeOperandsAsTheyLie has operands of a megabyte: rows of sums along a free axis wait in
// memory, and the next rows are fetched.
func TestFusedReadsLargeOperandsAsTheyLie(t *testing.T) {
	for _, e := range []string{"abc,cd,ad->bd", "abc,bd,ad->cd", "abc,cd,bd->ad"} {
		c := caseOf{expr: e, extent: map[rune]int{'a': 41, 'b': 60, 'c': 55, 'd': 3}, types: []tensor.DType{tensor.F64}, fused: true, span: 1}
		text := c.check(t, avx2, 1).Nests[0].String()
		require.Contains(t, text, "prefetch")
		require.Equal(t, e != "abc,cd,bd->ad", strings.Contains(text, "worker sums"), e)
	}
}
