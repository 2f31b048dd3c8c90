package einc

import (
	"context"
	"errors"
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
