package libllvm

import "context"

func RunWorkerIfAsked()                                               {}
func CompileInWorker(ctx context.Context, r Request) (*Result, error) { return Compile(ctx, r) }
