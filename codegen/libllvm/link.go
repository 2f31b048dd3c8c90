package libllvm

import "context"

// link takes a part through the stages and makes it part of the module.
func (j *job) link(ctx context.Context, p Part) error {
	part := *j
	part.req.IR, part.req.CPU, part.req.Passes, part.req.Link = p.IR, p.CPU, p.Passes, nil
	part.module, part.machine = 0, 0
	err := part.stages(ctx)
	part.releaseMachine()
	if err != nil {
		if part.module != 0 {
			j.DisposeModule(part.module)
		}
		return err
	}
	if j.LinkModules2(j.module, part.module) != 0 { // it takes the part in any case
		if err := j.said.err("link"); err != nil {
			return err
		}
		return failf("link", "the parts do not fit together")
	}
	return nil
}
