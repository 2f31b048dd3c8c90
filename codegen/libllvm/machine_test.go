package libllvm

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A machine that has compiled for one CPU serves the same CPU again, and gives the same bytes as a new one.
func TestMachinesAreUsedAgain(t *testing.T) {
	needLLVM(t)
	shared, err := loaded()
	require.NoError(t, err)
	l := *shared
	l.machines = &machines{}
	compile := func(r Request) []byte {
		result, err := l.compile(t.Context(), r)
		require.NoError(t, err)
		return result.Code
	}
	v3 := Request{IR: axpy, Triple: linux, CPU: "x86-64-v3", Passes: lite, Level: 3}
	v4 := v3
	v4.CPU = "x86-64-v4"
	first, other := compile(v3), compile(v4)
	require.Equal(t, 2, l.machines.n)
	for range 3 {
		require.Equal(t, first, compile(v3))
		require.Equal(t, other, compile(v4))
	}
	require.Equal(t, 2, l.machines.n)
}

func TestIdleMachinesAreBounded(t *testing.T) {
	var m machines
	for i := range maxMachines {
		require.True(t, m.put(machineKey{level: int32(i % 3)}, ref(i+1)))
	}
	require.False(t, m.put(machineKey{}, 99))
	require.Zero(t, m.take(machineKey{level: 7}))
	require.NotZero(t, m.take(machineKey{level: 2}))
	require.True(t, m.put(machineKey{}, 99))
	require.Equal(t, ref(99), m.take(machineKey{}))
}
