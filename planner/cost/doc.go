// Package cost is the model of the machine: one pure function from the shape of a step and a Target to
// a strategy, an estimated time and the workspace it needs, and the block sizes of the packed strategy.
// The planner asks it to compare orders, lowering asks it to build what was planned.
//
// It measures nothing and knows nothing of buffers, loops or code; its rates are constants per
// instruction set, good enough to rank plans and not to predict a stop-watch.
//
// What always holds: equal questions get equal answers; whatever decides the order in which terms are
// added (the strategy, Blocking.KC and Blocking.Split) depends on extents, types and the instruction set and
// never on caches or workers.
package cost
