package main

import (
	"errors"
	"time"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// work is an expression with operands to measure.
type work struct {
	expr   string
	mode   parser.Mode
	dtype  tensor.DType
	shapes [][]int
	open   bool // einc's code is for any extents
}

// specs describes row-major operands.
func (w *work) specs() []einc.Spec {
	var specs []einc.Spec
	for _, s := range w.shapes {
		specs = append(specs, einc.Spec{DType: w.dtype, Shape: s})
	}
	return specs
}

// row is a line of a table: what einc does, who else does it, and what the ratios should be.
type row struct {
	suite, name string
	work
	threads int // 0 means 1
	rounds  int // at least; 0 means the default
	native  bool
	network *planner.Network // what expr says, for orders of what is too large for a plan
	peers   []peer
	bars    []bar
	derive  func(*result)                                           // adds timings that follow from others
	own     func(*session, *data) (*contender, *einc.Tensor, error) // einc in another way than Func.Call
}

// key is that of the row's result.
func (r *row) key() string {
	return (&result{Name: r.name, Expr: r.expr, Type: r.dtype.String()}).key()
}

// peer is another way to do a row's work.
type peer struct {
	name, class string
	scale       float64 // of its time, where it does another amount of work; 0 means 1
	unlike      bool    // its result is not einc's and is not compared
	sleeps      bool    // its threads take no core once it is done
	make        func(*session, *data) (*contender, error)
}

// errAbsent says that a peer is not on the machine.
var errAbsent = errors.New("absent")

// sitsOut is why a peer is not measured, which is no fault.
type sitsOut string

func (e sitsOut) Error() string { return string(e) }

func (e sitsOut) Is(target error) bool { return target == errNone }

// contender is a peer, or einc, ready to run.
type contender struct {
	time   func(calls int) (float64, error) // nanoseconds of so many calls
	result func() ([]byte, error)           // the elements of the result, row-major; after a call
	close  func()
}

// data is what the contenders of a row share: operands, and einc's result.
type data struct {
	row      *row
	operands []*einc.Tensor
	out      *einc.Tensor
	once     time.Duration // einc's first call
}

// suite is a group of rows, and the means over it that should be reached.
type suite struct {
	name, title string
	rows        func(s *session) []*row
	means       []mean
	whole       func(s *session, o settings, x *suiteResult, keep func() error) error // measures a suite that has no rows
	cases       func() int                                                            // how many such a suite has
}

// mean is a bar for the geometric mean over the rows whose names begin with a text.
type mean struct {
	bar
	rows string
}
