package einc

import (
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// Methods lists what Options.Method takes.
func Methods() []string { return planner.Methods() }

// Objectives lists what Options.Objective takes.
func Objectives() []string { return planner.Objectives() }

// check refuses settings that have no meaning; the planner checks its own.
func (o *Options) check() error {
	switch {
	case o.Mode > parser.ModeEinstein:
		return fmt.Errorf("Options.Mode is %d: use one of package parser's modes", o.Mode)
	case o.Engine > Interpreter:
		return fmt.Errorf("Options.Engine is %d: use Auto, Native or Interpreter", o.Engine)
	case o.Workers < 0 || o.Workers > MostWorkers:
		return fmt.Errorf("Options.Workers is %d: use 0, for GOMAXPROCS, to %d", o.Workers, MostWorkers)
	case o.MaxMemory < 0:
		return fmt.Errorf("Options.MaxMemory is %d: a number of bytes cannot be negative", o.MaxMemory)
	case !(o.Budget.Units >= 0) || o.Budget.Time < 0: // NaN neither
		return fmt.Errorf("Options.Budget is %v units and %v: neither can be negative", o.Budget.Units, o.Budget.Time)
	}
	if err := o.checkOrder(); err != nil {
		return err
	}
	return o.checkOpen()
}

// checkOrder refuses to search for an order that is given.
func (o *Options) checkOrder() error {
	searched := o.Method != "" && o.Method != "auto" || o.Objective != "" && o.Objective != string(planner.ByTime) ||
		o.Budget != Budget{} || o.Seed != 0
	switch {
	case o.Plan != nil && o.Path != "":
		return errors.New("Options.Plan and Options.Path each give an order: set one of them")
	case (o.Plan != nil || o.Path != "") && searched:
		return errors.New("Options.Plan and Options.Path give the order, and nothing is searched: set no Method, Objective, Budget or Seed beside them")
	}
	return nil
}

// MostWorkers is the largest number of workers that Options take.
const MostWorkers = cost.MostWorkers

// target is the machine that an expression is planned and compiled for.
func (o *Options) target() (cost.Target, error) {
	t, err := codegen.Host()
	if o.Level != "" {
		t, err = codegen.TargetFor(o.Level)
	}
	if o.Workers > 0 {
		t.Workers = o.Workers
	}
	return t, err
}

// ServeWorker turns the process into a compile worker if it was started as one, and does not return
// then. Programs that set Options.Isolate call it first thing in main.
func ServeWorker() { libllvm.RunWorkerIfAsked() }

// Version is einc's version as recorded by the Go toolchain; "(devel)" when built from a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	if m := eincModule(info); m != nil {
		return m.Version
	}
	return info.Main.Version
}

const modulePath = "github.com/einc-lang/einc"

func eincModule(info *debug.BuildInfo) *debug.Module {
	for _, m := range info.Deps {
		if m.Path == modulePath && m.Replace == nil {
			return m
		}
	}
	return nil
}

// buildID names this build of einc in cache keys: the checksum of the released module, or for a
// checkout the build id that the Go linker put into the executable.
var buildID = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if m := eincModule(info); m != nil && m.Sum != "" {
			return m.Version + " " + m.Sum
		}
	}
	if id := executableID(); id != "" {
		return id
	}
	return "process " + time.Now().String() // nothing identifies the build: share with nobody
})

func executableID() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := elf.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for _, name := range []string{".note.go.buildid", ".note.gnu.build-id"} {
		if s := f.Section(name); s != nil {
			if data, err := s.Data(); err == nil {
				return hex.EncodeToString(data)
			}
		}
	}
	return ""
}
