package emit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/einc-lang/einc/parser"
)

// open finds the open index, and refuses what the loop over its items could not compute: each item is a call of its
// own, of all statements, with extent 1.
func (k *goKernel) open() error {
	k.opens = make([]bool, len(k.Problem.Tensors))
	for _, s := range k.Directive.Sizes {
		if s.Extent != parser.AnyExtent {
			continue
		}
		if k.Open != "" {
			return fmt.Errorf("%s: the indices %s and %s are both open; a kernel can loop over one: give the other an extent", k.Name, k.Open, s.Index)
		}
		k.Open = s.Index
	}
	if k.Open == "" {
		return nil
	}
	f := openFinder{k: k, seen: make([]bool, len(k.opens))}
	for i := range k.Problem.Statements {
		if err := f.statement(&k.Problem.Statements[i]); err != nil {
			return fmt.Errorf("%s: index %s is open, and %w", k.Name, k.Open, err)
		}
	}
	if !k.opens[k.Problem.Output] {
		return fmt.Errorf("%s: index %s is open, and %w", k.Name, k.Open, errNotFirst)
	}
	return k.checkItems()
}

var errNotFirst = errors.New("kernels for any extent exist only where the open index comes first in the result and in each tensor that has it: give it an extent, or put it first")

// openFinder finds the tensors that have the open index. An index has a number for each statement, but one name.
type openFinder struct {
	k    *goKernel
	seen []bool // by tensor: it is known whether it has the index
}

func (f *openFinder) statement(s *parser.Statement) error {
	for _, n := range s.Expr {
		if slices.ContainsFunc(n.Over, f.isOpen) {
			return errNotFirst
		}
		if n.Kind == parser.NodeRef {
			if err := f.use(n.Tensor, n.Axes); err != nil {
				return err
			}
		}
	}
	if s.Old >= 0 {
		if err := f.use(s.Old, s.Left); err != nil {
			return err
		}
	}
	return f.use(s.Out, s.Left)
}

// use notes that a tensor has axes in a statement. In all others, it must have the open index, too, or not have it.
func (f *openFinder) use(t int, axes []parser.IndexID) error {
	if slices.ContainsFunc(axes[min(1, len(axes)):], f.isOpen) {
		return errNotFirst
	}
	open := len(axes) > 0 && f.isOpen(axes[0])
	if f.seen[t] && open != f.k.opens[t] {
		return fmt.Errorf("%s is used both with it and without it: give it an extent, or use it everywhere", f.k.Problem.Tensors[t].Name)
	}
	f.seen[t], f.k.opens[t] = true, open
	return nil
}

func (f *openFinder) isOpen(ix parser.IndexID) bool {
	return ix != parser.NoIndex && strings.TrimRight(f.k.Problem.Indices[ix].Name, "'") == f.k.Open
}

// checkItems refuses items without elements: their number could not be told from the slices' lengths.
func (k *goKernel) checkItems() error {
	k.OpenAll = !slices.Contains(k.opens[:k.Problem.Operands], false)
	if size(k.Problem.Tensors[k.Problem.Output].Shape) == 0 {
		return fmt.Errorf("%s: the result has no elements for any extent of %s: give it an extent", k.Name, k.Open)
	}
	return nil
}
