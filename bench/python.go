package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/einc-lang/einc/tensor"
)

// pythonKey tells the Python processes apart: an interpreter, and how many threads it may use.
type pythonKey struct {
	path    string
	threads int
}

// python is a process that runs peers on request: see python/peers.py.
type python struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Reader
	versions map[string]string
	next     int
	dead     bool // it ended, or was ended
}

// How long a request may take, as a peer may be slower than einc by any factor: so long, or so many times einc's call.
const (
	patience     = 20 * time.Second
	patientTimes = 10
)

// python starts an interpreter, once, that has a module.
func (s *session) python(module string, threads int) (*python, error) {
	for _, path := range []string{filepath.Join(s.dir, ".venv/bin/python"), "/usr/bin/python3"} {
		key := pythonKey{path, threads}
		p := s.pythons[key]
		if p == nil || p.dead {
			var err error
			if p, err = startPython(s, path, threads); err != nil {
				s.log("%s: %v", path, err)
				continue
			}
			s.pythons[key] = p
		}
		if _, ok := p.versions[module]; ok {
			s.modules[module] = p
			return p, nil
		}
	}
	return nil, s.miss(module, "no Python here has it")
}

func startPython(s *session, path string, threads int) (*python, error) {
	n := strconv.Itoa(threads)
	cmd := exec.CommandContext(s.ctx, path, filepath.Join(s.dir, "python", "peers.py"), n, strconv.Itoa(s.cpu))
	cmd.Env = []string{"OPENBLAS_NUM_THREADS=" + n, "OMP_NUM_THREADS=" + n, "BLIS_NUM_THREADS=" + n, "TBLIS_NUM_THREADS=" + n}
	for _, e := range os.Environ() {
		// The others would change the number of threads.
		if strings.HasPrefix(e, openBlasCore+"=") || !strings.HasPrefix(e, "OPENBLAS_") && !strings.HasPrefix(e, "OMP_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Stderr = io.Discard
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &python{cmd: cmd, in: in, out: bufio.NewReader(out)}
	a, err := p.ask(request{Op: "hello"}, patience)
	if err != nil {
		p.close()
		return nil, err
	}
	p.versions = a.Versions
	return p, nil
}

func (p *python) close() {
	if p.dead {
		return
	}
	p.dead = true
	p.in.Close()
	_ = p.cmd.Wait()
}

type request struct {
	Op       string        `json:"op"`
	ID       int           `json:"id"`
	Setup    string        `json:"setup,omitempty"`
	Operands []operandFile `json:"operands"`
	Path     string        `json:"path,omitempty"`
	Calls    int           `json:"calls,omitempty"`
}

type operandFile struct {
	Path  string `json:"path"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
}

type answer struct {
	Error    string            `json:"error"`
	Versions map[string]string `json:"versions"`
	Shape    []int             `json:"shape"`
	Nanos    float64           `json:"nanos"`
}

// ask sends a request, and ends the process if the answer takes longer than it may.
func (p *python) ask(r request, most time.Duration) (answer, error) {
	var a answer
	if p.dead {
		return a, errors.New("its Python process has ended")
	}
	line, err := json.Marshal(r)
	if err != nil {
		return a, err
	}
	var late atomic.Bool
	alarm := time.AfterFunc(most, func() { late.Store(true); _ = p.cmd.Process.Kill() })
	if _, err = p.in.Write(append(line, '\n')); err == nil {
		line, err = p.out.ReadBytes('\n')
	}
	if !alarm.Stop() || err != nil {
		p.close()
		if late.Load() {
			return a, fmt.Errorf("gave up after %v", most)
		}
		return a, fmt.Errorf("the Python process ended (out of memory?): %w", err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, err
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// operandFiles writes the operands where a Python process can read them. remove deletes them.
func (s *session) operandFiles(d *data) (files []operandFile, remove func(), err error) {
	remove = func() {
		for _, f := range files {
			os.Remove(f.Path)
		}
	}
	for i, t := range d.operands {
		path := filepath.Join(s.scratch, "operand"+strconv.Itoa(i))
		if err := os.WriteFile(path, t.Bytes(), 0o600); err != nil {
			remove()
			return nil, nil, err
		}
		files = append(files, operandFile{path, t.DType().NumPy(), append([]int{}, t.Shape()...)})
	}
	return files, remove, nil
}

// lacks tells whether a module has no tensors of a type.
func lacks(module string, d tensor.DType) bool {
	switch module {
	case "torch":
		return false
	case "pytblis":
		return d < tensor.F32
	}
	return d == tensor.BF16
}

// pythonPeer runs Python text, which defines call() over operands x, or t for PyTorch, with a module.
func pythonPeer(name, class, module, setup string) peer {
	return peer{name: name, class: class, make: func(s *session, d *data) (*contender, error) {
		if lacks(module, d.row.dtype) {
			return nil, sitsOut(fmt.Sprintf("%s has no %v", name, d.row.dtype))
		}
		p, err := s.python(module, d.row.threads)
		if err != nil {
			return nil, err
		}
		files, remove, err := s.operandFiles(d)
		if err != nil {
			return nil, err
		}
		defer remove()
		p.next++
		id := p.next
		ask := func(r request) (answer, error) { return p.ask(r, max(patience, patientTimes*d.once)) }
		if _, err := ask(request{Op: "prepare", ID: id, Setup: setup, Operands: files}); err != nil {
			return nil, err
		}
		return &contender{
			time: func(calls int) (float64, error) {
				a, err := ask(request{Op: "time", ID: id, Calls: calls})
				return a.Nanos, err
			},
			result: func() ([]byte, error) {
				path := filepath.Join(s.scratch, "result")
				defer os.Remove(path)
				if _, err := ask(request{Op: "result", ID: id, Path: path}); err != nil {
					return nil, err
				}
				return os.ReadFile(path)
			},
			close: func() { _, _ = ask(request{Op: "drop", ID: id}) },
		}, nil
	}}
}

// The Python peers that take the einsum string itself. Some would give a view with its axes in another order
// than asked for; they are made to give the row-major result that einc gives.

func numpyPeer(expr string) peer {
	return pythonPeer("NumPy", arrayClass, "numpy", fmt.Sprintf(
		"p = np.einsum_path(%q, *x, optimize='optimal' if len(x) < 7 else 'greedy')[0]\ndef call(): return np.ascontiguousarray(np.einsum(%[1]q, *x, optimize=p))", expr))
}

// numpyLoop is np.einsum as it is without optimize: its own loops.
func numpyLoop(expr string) peer {
	return pythonPeer("np.einsum", loopClass, "numpy",
		fmt.Sprintf("o = np.einsum(%q, *x)\ndef call(): return np.einsum(%[1]q, *x, out=o)", expr))
}

func optEinsumPeer(expr string) peer {
	return pythonPeer("opt_einsum", "opt_einsum", "opt_einsum", fmt.Sprintf(
		"e = opt_einsum.contract_expression(%q, *[a.shape for a in x])\ndef call(): return np.ascontiguousarray(e(*x))", expr))
}

func torchPeer(expr string) peer {
	return pythonPeer("PyTorch", arrayClass, "torch", fmt.Sprintf("def call(): return torch.einsum(%q, *t).contiguous()", expr))
}

func tblisPeer(expr string) peer {
	setup := "o = np.ascontiguousarray(pytblis.einsum(%q, *x))\ndef call(): return pytblis.einsum(%[1]q, *x, out=o)"
	if strings.HasSuffix(expr, "->") { // it takes no scalar to write to
		setup = "def call(): return pytblis.einsum(%q, *x)"
	}
	return pythonPeer("TBLIS", tblisClass, "pytblis", fmt.Sprintf(setup, expr))
}

// interpreted are the peers that take any einsum string.
func interpreted(expr string) []peer {
	return []peer{numpyPeer(expr), torchPeer(expr), optEinsumPeer(expr), tblisPeer(expr)}
}
