package codegen

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/llvm"
)

// Split says how the nests of a unit are spread over LLVM modules. Micro-kernels must not meet LLVM's
// mid-level passes, which make them spill, and other loops need them; a module has one pass list.
type Split uint8

const (
	Whole    Split = iota // one module, whose pass list serves every nest
	ByPasses              // one a pass list
	ByNest                // one a micro-kernel or packing, and some for the rest: they compile side by side, and other units use them
)

// A module costs LLVM some milliseconds whatever it holds, so that small nests share one until it has so many bytes of
// text; and it takes pages once it is loaded, so that large plans have larger ones rather than more than a number.
const (
	moduleText = 4 << 10
	maxModules = 64
)

// module is nests that share an LLVM module, and so a pass list.
type module struct {
	passes string
	nests  []int
	text   int
}

// modules groups the nests. What a module holds depends on the nests of the unit alone.
func (u *Unit) modules(by Split) []module {
	var ms []module
	texts, room := u.weigh(by)
	last := map[string]int{} // the module of a pass list that takes more
	for i, n := range u.Program.Nests {
		passes := llvm.Passes(n.Strategy)
		if by == Whole {
			passes = llvm.Passes("direct")
		}
		j, ok := last[passes]
		if !ok || by == ByNest && ms[j].text+texts[i] > room {
			j = len(ms)
			last[passes] = j
			ms = append(ms, module{passes: passes})
		}
		ms[j].nests = append(ms[j].nests, i)
		ms[j].text += texts[i]
	}
	return ms
}

// weigh says what each nest counts, and how much a module takes. Without passes, a nest is a micro-kernel or packs for
// one: it fills a module.
func (u *Unit) weigh(by Split) (texts []int, room int) {
	texts, total := make([]int, len(u.Program.Nests)), 0
	if by != ByNest {
		return texts, 0
	}
	for i, n := range u.Program.Nests {
		texts[i] = moduleText
		if llvm.Passes(n.Strategy) != "" {
			texts[i] = len(n.String())
		}
		total += texts[i]
	}
	return texts, max(moduleText, 2*total/maxModules)
}

// ModuleCache keeps compiled modules for units that have the same nests, as the packing of operands that lie
// alike. It is safe for concurrent use.
type ModuleCache struct {
	mu     sync.Mutex
	known  map[[32]byte]*libllvm.Result
	oldest [][32]byte
	bytes  int
}

// moduleCacheBytes bounds the machine code that a ModuleCache keeps.
const moduleCacheBytes = 16 << 20

// get finds a module; a nil cache is empty.
func (c *ModuleCache) get(key [32]byte) *libllvm.Result {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[key]
}

// put keeps a module in place of those that came first.
func (c *ModuleCache) put(key [32]byte, r *libllvm.Result) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[[32]byte]*libllvm.Result{}
	}
	if c.known[key] != nil {
		return // two units compiled it at the same time
	}
	c.known[key] = r
	c.oldest = append(c.oldest, key)
	for c.bytes += len(r.Code); c.bytes > moduleCacheBytes && len(c.oldest) > 1; c.oldest = c.oldest[1:] {
		c.bytes -= len(c.known[c.oldest[0]].Code)
		delete(c.known, c.oldest[0])
	}
}

// moduleKey names a module by all that decides its code: symbols are named for the content of their nests.
func (u *Unit) moduleKey(r libllvm.Request, m module) [32]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %d %q %d", r.Triple, r.CPU, r.Level, r.Passes, u.Target.VectorBytes)
	for _, n := range m.nests {
		fmt.Fprintf(h, " %s", u.Symbols[n])
	}
	return [32]byte(h.Sum(nil))
}

// object compiles a module, unless the cache has it.
func (u *Unit) object(ctx context.Context, compile Compiler, m module) (*libllvm.Result, error) {
	r, err := u.request(m, libllvm.Obj)
	if err != nil {
		return nil, err
	}
	key := u.moduleKey(r, m)
	if known := u.Cache.get(key); known != nil {
		return known, nil
	}
	if r.IR, err = u.emit(m); err != nil {
		return nil, err
	}
	result, err := compile(ctx, r)
	if err == nil {
		u.Cache.put(key, result)
	}
	return result, err
}

// request is what LLVM is asked for, but for the text.
func (u *Unit) request(m module, kind libllvm.Kind) (libllvm.Request, error) {
	l, err := levelOf(u.Target.Level)
	if err != nil {
		return libllvm.Request{}, err
	}
	return libllvm.Request{Triple: u.triple(l), CPU: l.name, Passes: m.passes, Level: optLevel, Kind: kind}, nil
}
