package planner

import (
	"context"

	"github.com/einc-lang/einc/parser"
)

// SearchCut is Search, but sums that small numbers of views would make one step are cut into pairs, so
// that tests on small extents see trees.
func SearchCut(ctx context.Context, p *parser.Problem, opts Options) (*Plan, error) {
	d, err := newDraft(ctx, p, opts)
	if err != nil {
		return nil, err
	}
	d.cut = true
	return d.search()
}
