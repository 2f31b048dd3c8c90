package einc

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/runtime"
)

// idleKernels is how many kernels that no Func uses stay loaded.
const idleKernels = 256

// kernels is the process's loaded code, by content.
var kernels = &kernelCache{loaded: map[[32]byte]*kernel{}, disks: map[string]*runtime.Cache{}}

// kernelCache shares loaded kernels between Funcs and keeps some that none uses.
type kernelCache struct {
	mu     sync.Mutex
	loaded map[[32]byte]*kernel
	idle   []*kernel // least recently released first
	disks  map[string]*runtime.Cache

	modules codegen.ModuleCache // compiled nests, which several kernels may have
}

// kernel is loaded code and the number of variants that hold it.
type kernel struct {
	*runtime.Kernel
	key      [32]byte
	users    int
	ready    chan struct{} // closed once Kernel or err is set
	err      error
	source   string // "compiled" or "disk cache"
	uncached error  // why the disk cache does not hold it
}

// get returns the code of a unit from memory, from disk or from the compiler; concurrent callers that
// want the same code wait for one compilation.
func (kc *kernelCache) get(ctx context.Context, u *codegen.Unit, opts *Options) (*kernel, error) {
	key, err := u.Key(buildID())
	if err != nil {
		return nil, err
	}
	k, first := kc.claim(key)
	for !first {
		err := kc.wait(ctx, k)
		if ctx.Err() != nil || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			return k, err
		}
		k, first = kc.claim(key) // who was compiling it gave up; this caller did not
	}
	if k.err = kc.load(ctx, k, u, opts); k.err != nil {
		kc.forget(k) // before the others hear of it, so that they do not find it again
	}
	close(k.ready)
	return k, k.err
}

// claim finds a kernel, or makes the caller the one that fills it.
func (kc *kernelCache) claim(key [32]byte) (k *kernel, first bool) {
	kc.mu.Lock()
	defer kc.mu.Unlock()
	k = kc.loaded[key]
	if k == nil {
		k = &kernel{key: key, ready: make(chan struct{})}
		kc.loaded[key] = k
		first = true
	}
	if k.users == 0 && !first {
		kc.unidle(k)
	}
	k.users++
	return k, first
}

// wait ends when another caller has filled a kernel that this one claimed. If ctx ends first, the claim is
// given up.
func (kc *kernelCache) wait(ctx context.Context, k *kernel) error {
	select {
	case <-k.ready:
		return k.err
	case <-ctx.Done():
		kc.release(k)
		return ctx.Err()
	}
}

// forget drops a kernel that could not be made, so that the next caller tries again.
func (kc *kernelCache) forget(k *kernel) {
	kc.mu.Lock()
	defer kc.mu.Unlock()
	if kc.loaded[k.key] == k {
		delete(kc.loaded, k.key)
	}
}

// release gives a kernel back. The oldest idle one is freed when there are too many.
func (kc *kernelCache) release(k *kernel) {
	kc.mu.Lock()
	defer kc.mu.Unlock()
	if k.users--; k.users > 0 || kc.loaded[k.key] != k {
		return
	}
	kc.idle = append(kc.idle, k)
	if len(kc.idle) <= idleKernels {
		return
	}
	oldest := kc.idle[0]
	kc.idle = kc.idle[1:]
	delete(kc.loaded, oldest.key)
	if oldest.Kernel != nil {
		oldest.Close()
	}
}

// unidle takes a kernel off the list of those that none uses.
func (kc *kernelCache) unidle(k *kernel) {
	for i, x := range kc.idle {
		if x == k {
			kc.idle = append(kc.idle[:i:i], kc.idle[i+1:]...)
			return
		}
	}
}

// load takes the object from disk, or compiles it and stores it there. A cache that cannot be used
// costs the next process a compilation, not this one its result.
func (kc *kernelCache) load(ctx context.Context, k *kernel, u *codegen.Unit, opts *Options) (err error) {
	disk, err := kc.disk(opts.Cache)
	if disk != nil {
		if o, ok := disk.Get(k.key); ok {
			if k.Kernel, err = runtime.Load(o); err == nil {
				k.source = "disk cache"
				return nil
			}
		}
	}
	k.uncached, k.source = err, "compiled"
	u.Cache = &kc.modules
	o, err := u.Compile(ctx, opts.compiler(), buildID(), codegen.ByNest)
	if err != nil {
		return err
	}
	if disk != nil {
		k.uncached = disk.Put(k.key, o)
	}
	k.Kernel, err = runtime.Load(o)
	if errors.Is(err, errors.ErrUnsupported) && opts.Level != "" && runtime.Supported() == nil {
		err = asOption(fmt.Errorf("code for level %s does not run here: %w: leave the level out (Options.Level, --cpu) to take this CPU's", opts.Level, err))
	}
	return err
}

// disk opens a cache directory once; nil where it is off.
func (kc *kernelCache) disk(dir string) (*runtime.Cache, error) {
	if dir == "off" {
		return nil, nil
	}
	kc.mu.Lock()
	defer kc.mu.Unlock()
	if c := kc.disks[dir]; c != nil {
		return c, nil
	}
	c, err := runtime.OpenCache(dir)
	if err == nil {
		kc.disks[dir] = c
	}
	return c, err
}

// CacheStatus reports where the disk cache is, or why there is none that could take an entry.
func CacheStatus(dir string) (string, error) {
	if dir == "off" {
		return "", errors.New("switched off")
	}
	c, err := runtime.OpenCache(dir)
	if err != nil {
		return "", err
	}
	if err := c.CheckWritable(); err != nil {
		return "", fmt.Errorf("kernel cache: nothing can be stored: %w", err)
	}
	return c.Dir(), nil
}

// compiler is where LLVM runs.
func (o *Options) compiler() codegen.Compiler {
	if o.Isolate {
		return libllvm.CompileInWorker
	}
	return libllvm.Compile
}
