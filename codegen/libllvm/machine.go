package libllvm

import "sync"

// machineKey is all that a target machine is made from.
type machineKey struct {
	triple, cpu, features string
	level, reloc, model   int32
}

// machines keeps target machines between compiles. One builds tables of its CPU's instructions at first use,
// which for a small module takes LLVM as long as all the rest. A machine serves one compile at a time.
type machines struct {
	mu   sync.Mutex
	idle map[machineKey][]ref
	n    int
}

// maxMachines is how many idle machines are kept, of all kinds.
const maxMachines = 8

// take gives an idle machine, or 0.
func (m *machines) take(key machineKey) ref {
	m.mu.Lock()
	defer m.mu.Unlock()
	some := m.idle[key]
	if len(some) == 0 {
		return 0
	}
	m.n--
	m.idle[key] = some[:len(some)-1]
	return some[len(some)-1]
}

// put keeps a machine; false if there are enough.
func (m *machines) put(key machineKey, machine ref) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.n == maxMachines {
		return false
	}
	if m.idle == nil {
		m.idle = map[machineKey][]ref{}
	}
	m.n++
	m.idle[key] = append(m.idle[key], machine)
	return true
}

// createMachine finds or makes the target machine and sets the module up for it.
func (j *job) createMachine() error {
	const pic = 2
	a := j.target.arch
	j.machineKey = machineKey{triple: j.req.Triple, cpu: j.req.CPU, features: a.featureString(j.req.Features),
		level: int32(j.req.Level), reloc: pic, model: j.target.model(j.req.Linked)}
	if a == nvptx {
		j.machineKey.reloc = 0
	}
	if j.machine = j.machines.take(j.machineKey); j.machine == 0 {
		if err := j.newMachine(j.machineKey); err != nil {
			return err
		}
	}
	j.SetTarget(j.module, j.req.Triple)
	layout := j.CreateTargetDataLayout(j.machine)
	j.SetModuleDataLayout(j.module, layout)
	j.DisposeTargetData(layout)
	return j.prepare()
}

func (j *job) newMachine(k machineKey) error {
	var t ref
	var msg *byte
	if j.GetTargetFromTriple(k.triple, &t, &msg) != 0 {
		return failf("target", "this libLLVM (%s) lacks the back end: %s", j.info.Path, j.take(msg))
	}
	j.machine = j.CreateTargetMachine(t, k.triple, k.cpu, k.features, k.level, k.reloc, k.model)
	if j.machine == 0 {
		return failf("target", "no target machine for %s %s", k.triple, k.cpu)
	}
	return nil
}

// releaseMachine gives the machine back.
func (j *job) releaseMachine() {
	if j.machine != 0 && !j.machines.put(j.machineKey, j.machine) {
		j.DisposeTargetMachine(j.machine)
	}
	j.machine = 0
}
