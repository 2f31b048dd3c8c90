package einc

import (
	"context"
	"errors"
	goruntime "runtime"
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// A caller that gives up while it compiles takes nobody with it who waits for the same kernel.
func TestKernelOutlivesTheCallerThatGaveUp(t *testing.T) {
	c, err := prepare(t.Context(), "ij,jk->ik", []Spec{{DType: tensor.F64, Shape: []int{7, 5}}, {DType: tensor.F64, Shape: []int{5, 3}}}, &Options{Cache: "off"})
	require.NoError(t, err)
	v := &variant{}
	require.NoError(t, v.lower(c, false))
	key, err := v.unit.Key(buildID())
	require.NoError(t, err)
	kc := &kernelCache{loaded: map[[32]byte]*kernel{}}
	k, first := kc.claim(key) // as a caller that is about to compile
	require.True(t, first)
	type result struct {
		k   *kernel
		err error
	}
	got := make(chan result)
	go func() {
		k, err := kc.get(t.Context(), v.unit, &c.opts)
		got <- result{k, err}
	}()
	for users := 0; users < 2; {
		kc.mu.Lock()
		users = k.users
		kc.mu.Unlock()
	}
	k.err = context.Canceled
	kc.forget(k)
	close(k.ready)
	r := <-got
	if IsMissing(r.err) {
		t.Skip(r.err)
	}
	require.NoError(t, r.err)
	require.NoError(t, r.k.Close())

	// A fault of the compiler is everybody's.
	fault := errors.New("fault")
	k = &kernel{key: key, ready: make(chan struct{}), err: fault}
	kc.loaded[key] = k
	close(k.ready)
	_, err = kc.get(t.Context(), v.unit, &c.opts)
	require.ErrorIs(t, err, fault)
}

// A caller that waits no longer gives its claim back, and leaves the kernel to the others.
func TestWaitingForAKernelEnds(t *testing.T) {
	kc := &kernelCache{loaded: map[[32]byte]*kernel{}}
	k, first := kc.claim([32]byte{1})
	require.True(t, first)
	again, first := kc.claim([32]byte{1})
	require.False(t, first)
	require.Same(t, k, again)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, kc.wait(ended, k), context.Canceled)
	require.Equal(t, 1, k.users)
}

// Kernels that none uses stay, up to a number; then the one that was released first goes.
func TestIdleKernels(t *testing.T) {
	kc := &kernelCache{loaded: map[[32]byte]*kernel{}}
	key := func(i int) [32]byte { return [32]byte{byte(i), byte(i >> 8)} }
	for i := range idleKernels + 1 {
		k, _ := kc.claim(key(i))
		kc.release(k)
		if i == 1 { // used again: no longer the first to go
			k, first := kc.claim(key(0))
			require.False(t, first)
			kc.release(k)
		}
	}
	require.Len(t, kc.loaded, idleKernels)
	require.Len(t, kc.idle, idleKernels)
	require.Contains(t, kc.loaded, key(0))
	require.NotContains(t, kc.loaded, key(1))
	k, first := kc.claim(key(0))
	require.False(t, first)
	require.NotContains(t, kc.idle, k, "what is used is not idle")
}

// Code for the CPU of another machine is asked for in vain, and the error says what to leave out.
func TestLevelOfAnotherMachine(t *testing.T) {
	level := map[string]string{"amd64": "generic", "arm64": "x86-64-v3"}[goruntime.GOARCH]
	x, err := tensor.From([]float64{1, 2, 3}, 3)
	require.NoError(t, err)
	_, err = EinsumContext(t.Context(), "i->", &Options{Level: level, Engine: Native, Cache: "off"}, x)
	if level == "" || IsMissing(err) {
		t.Skip("native code does not run here")
	}
	require.True(t, IsOption(err), "%v", err)
	require.ErrorContains(t, err, "leave the level out")
	out, err := EinsumContext(t.Context(), "i->", &Options{Level: level, Engine: Interpreter}, x)
	require.NoError(t, err)
	v, err := out.At()
	require.NoError(t, err)
	require.Equal(t, 6.0, v)
}
