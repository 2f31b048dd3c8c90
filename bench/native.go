package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

// jobKind is what a job does: native/peers.c has the same list.
type jobKind int64

const (
	jobGemm jobKind = iota
	jobGemm64
	jobDnn
	jobSmall
	jobGemv
	jobGer
	jobDot
	jobMttkrp
	jobBiasRelu
	jobCopy
	jobRead
	jobFill
	jobStream
	jobCall
	jobSpin
)

// job is struct job of native/peers.c.
type job struct {
	kind                   jobKind
	wide                   int64
	fn                     uintptr
	m, n, k                int64
	ta, tb                 int64
	lda, ldb, ldc          int64
	outer, inner           int64
	ao, ai, bo, bi, co, ci int64
	a, b, c, d, e          unsafe.Pointer
}

// library is a peer's shared object.
type library struct {
	name    string
	handle  uintptr
	kind    jobKind // of its matrix product
	sgemm   string
	dgemm   string
	limit   func(threads int)
	kernels string // which CPU's kernels it chose, if it tells
}

// native is the shim and the libraries that it calls.
type native struct {
	shim      uintptr
	timeFn    uintptr
	xsmmFn    uintptr
	libraries map[string]*library
}

func openNative(s *session) (*native, error) {
	path := filepath.Join(s.dir, ".build", "libpeers.so")
	h, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("%w (run bench/setup.sh)", err)
	}
	n := &native{shim: h, libraries: map[string]*library{}}
	if n.timeFn, err = purego.Dlsym(h, "peers_time"); err != nil {
		return nil, err
	}
	if n.xsmmFn, err = purego.Dlsym(h, "peers_xsmm"); err != nil {
		return nil, err
	}
	for _, l := range known(s.dir) {
		if err := n.open(l.library, l.paths, l.setThreads); err != nil {
			_ = s.miss(l.library.name, err.Error())
		}
	}
	return n, nil
}

// knownLibrary says where a library may lie and what limits its threads.
type knownLibrary struct {
	library
	paths      []string
	setThreads string
}

func known(dir string) []knownLibrary {
	lib := "/usr/lib/" + map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH] + "-linux-gnu/"
	return []knownLibrary{
		{library{name: "OpenBLAS", kind: jobGemm, sgemm: "cblas_sgemm", dgemm: "cblas_dgemm"},
			[]string{lib + "openblas-pthread/libopenblas.so.0", lib + "libopenblas.so.0"}, "openblas_set_num_threads"},
		{library{name: "OpenBLAS (NumPy's)", kind: jobGemm64, sgemm: "scipy_cblas_sgemm64_", dgemm: "scipy_cblas_dgemm64_"},
			[]string{dir + "/.venv/lib/python*/site-packages/numpy.libs/libscipy_openblas64_*.so"}, "scipy_openblas_set_num_threads64_"},
		{library{name: "BLIS", kind: jobGemm, sgemm: "cblas_sgemm", dgemm: "cblas_dgemm"},
			[]string{lib + "blis-pthread/libblis.so.4", lib + "libblis.so.4"}, "bli_thread_set_num_threads"},
		{library{name: "oneDNN", kind: jobDnn, sgemm: "dnnl_sgemm"},
			[]string{lib + "libdnnl.so.3", lib + "libdnnl.so.2"}, "omp_set_num_threads"},
		{library{name: "libxsmm", kind: jobSmall, sgemm: "libxsmm_smmdispatch", dgemm: "libxsmm_dmmdispatch"},
			[]string{dir + "/.build/libxsmm.so"}, ""},
	}
}

// open loads the first of the paths that exists.
func (n *native) open(l library, patterns []string, setThreads string) error {
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			continue
		}
		if l.handle, err = purego.Dlopen(found[0], purego.RTLD_NOW|purego.RTLD_LOCAL); err != nil {
			return err
		}
		l.limit = func(int) {}
		if setThreads != "" {
			fn, err := purego.Dlsym(l.handle, setThreads)
			if err != nil {
				return err
			}
			l.limit = func(threads int) { purego.SyscallN(fn, uintptr(threads)) }
		}
		l.kernels = coreName(l.handle)
		n.libraries[l.name] = &l
		return nil
	}
	return fmt.Errorf("not installed")
}

// run times a job.
func (n *native) run(j *job, threads int) func(calls int) (float64, error) {
	wall := uintptr(0)
	if threads != 1 {
		wall = 1
	}
	return func(calls int) (float64, error) {
		t, _, _ := purego.SyscallN(n.timeFn, uintptr(unsafe.Pointer(j)), uintptr(calls), wall)
		runtime.KeepAlive(j)
		return float64(t), nil
	}
}

// contender makes one of a job whose result is out.
func (n *native) contender(j *job, d *data, out *einc.Tensor) *contender {
	return &contender{
		time:   n.run(j, d.row.threads),
		result: func() ([]byte, error) { return out.Bytes(), nil },
		close:  func() { runtime.KeepAlive(d); runtime.KeepAlive(out) },
	}
}

// gemm is a row-major matrix product, or outer × inner of them that lie so many elements apart.
type gemm struct {
	m, n, k                int
	ta, tb                 bool
	lda, ldb, ldc          int
	outer, inner           int
	ao, ai, bo, bi, co, ci int
	swap                   bool // operands in the other order
}

func asFlag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// plain is a product of matrices without gaps.
func plain(m, n, k int, ta, tb bool) gemm {
	g := gemm{m: m, n: n, k: k, ta: ta, tb: tb, lda: k, ldb: n, ldc: n, outer: 1, inner: 1}
	if ta {
		g.lda = m
	}
	if tb {
		g.ldb = k
	}
	return g
}

// job fills in the pointers; the library is asked for the routine of the row's type.
func (g gemm) job(s *session, l *library, d *data, out *einc.Tensor) (*job, error) {
	wide := d.row.dtype == tensor.F64
	name := l.sgemm
	if wide {
		name = l.dgemm
	}
	if name == "" || d.row.dtype != tensor.F32 && !wide {
		return nil, errNone
	}
	fn, err := purego.Dlsym(l.handle, name)
	if err != nil {
		return nil, err
	}
	j := &job{kind: l.kind, wide: asFlag(wide), fn: fn, m: int64(g.m), n: int64(g.n), k: int64(g.k), ta: asFlag(g.ta), tb: asFlag(g.tb),
		lda: int64(g.lda), ldb: int64(g.ldb), ldc: int64(g.ldc), outer: int64(g.outer), inner: int64(g.inner),
		ao: int64(g.ao), ai: int64(g.ai), bo: int64(g.bo), bi: int64(g.bi), co: int64(g.co), ci: int64(g.ci), c: out.Data()}
	a, b := 0, 1
	if g.swap {
		a, b = 1, 0
	}
	j.a, j.b = d.operands[a].Data(), d.operands[b].Data()
	if l.kind == jobSmall {
		if g.ta || g.tb {
			return nil, errNone
		}
		j.fn, _, _ = purego.SyscallN(s.native.xsmmFn, fn, uintptr(j.wide), uintptr(g.m), uintptr(g.n), uintptr(g.k))
		if j.fn == 0 {
			return nil, errNone
		}
	}
	return j, nil
}

// errNone says that a library has no routine for a row.
var errNone = fmt.Errorf("no such routine")

// use finds a library and limits its threads.
func (n *native) use(s *session, name string, threads int) (*library, error) {
	l := n.libraries[name]
	if l == nil {
		return nil, s.miss(name, "not installed")
	}
	l.limit(threads)
	return l, nil
}

// gemmPeer multiplies by a library.
func gemmPeer(name, class string, g gemm) peer {
	return peer{name: name, class: class, make: func(s *session, d *data) (*contender, error) {
		l, err := s.native.use(s, name, d.row.threads)
		if err != nil {
			return nil, err
		}
		out, err := tensor.New(d.row.dtype, d.out.Shape()...)
		if err != nil {
			return nil, err
		}
		j, err := g.job(s, l, d, out)
		if err != nil {
			return nil, err
		}
		return s.native.contender(j, d, out), nil
	}}
}

// blasNames are the libraries with a general matrix product.
var blasNames = []string{"OpenBLAS", "OpenBLAS (NumPy's)", "BLIS", "oneDNN"}

// blas multiplies by each library.
func blas(g gemm) []peer {
	var peers []peer
	for _, name := range blasNames {
		peers = append(peers, gemmPeer(name, "BLAS", g))
	}
	return peers
}

// kernelContender calls einc's code from C, as libxsmm's is: it builds the object and links it.
func kernelContender(s *session, w *work, operands []*einc.Tensor) (*contender, *einc.Tensor, error) {
	a, err := einc.Build(s.ctx, w.expr, "kernel", w.specs(), &einc.Options{Mode: w.mode, Workers: 1})
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp(s.scratch, "kernel-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	for kind, file := range map[string]string{"obj": "kernel.o", "header": "kernel.h"} {
		text, err := a.Emit(s.ctx, kind)
		if err != nil {
			return nil, nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			return nil, nil, err
		}
	}
	lib, err := linkKernel(dir, len(operands))
	if err != nil {
		return nil, nil, err
	}
	return s.native.call(lib, w, operands)
}

// linkKernel makes a shared object with a function that takes pointers and workspace.
func linkKernel(dir string, operands int) (uintptr, error) {
	text := "#include \"kernel.h\"\nint64_t workspace(void) { return KERNEL_WORKSPACE_BYTES; }\nvoid call(void **p, void *w)\n{\n\tkernel(p[0]"
	for i := range operands {
		text += fmt.Sprintf(", p[%d]", i+1)
	}
	if err := os.WriteFile(filepath.Join(dir, "call.c"), []byte(text+", w);\n}\n"), 0o644); err != nil {
		return 0, err
	}
	cc := exec.Command("cc", "-O2", "-shared", "-fPIC", "-Wl,-Bsymbolic", "-o", "kernel.so", "call.c", "kernel.o")
	cc.Dir = dir
	if out, err := cc.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("cc: %w: %s", err, out)
	}
	return purego.Dlopen(filepath.Join(dir, "kernel.so"), purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func (n *native) call(lib uintptr, w *work, operands []*einc.Tensor) (*contender, *einc.Tensor, error) {
	fn, err := purego.Dlsym(lib, "call")
	if err != nil {
		return nil, nil, err
	}
	size, err := purego.Dlsym(lib, "workspace")
	if err != nil {
		return nil, nil, err
	}
	out, err := outputOf(w)
	if err != nil {
		return nil, nil, err
	}
	bytes, _, _ := purego.SyscallN(size)
	area := make([]byte, bytes+64)
	shift := -uintptr(unsafe.Pointer(&area[0])) & 63
	pointers := []unsafe.Pointer{out.Data()}
	for _, t := range operands {
		pointers = append(pointers, t.Data())
	}
	j := &job{kind: jobCall, fn: fn, a: unsafe.Pointer(&pointers[0]), e: unsafe.Pointer(&area[shift])}
	return &contender{
		time:   n.run(j, 1),
		result: func() ([]byte, error) { return out.Bytes(), nil },
		close: func() {
			runtime.KeepAlive(operands)
			_ = purego.Dlclose(lib)
		},
	}, out, nil
}

// outputOf makes a tensor for the result of an expression.
func outputOf(w *work) (*einc.Tensor, error) {
	p, err := planOf(w)
	if err != nil {
		return nil, err
	}
	t := p.Problem.Tensors[p.Problem.Output]
	return tensor.New(t.DType, t.Shape...)
}
