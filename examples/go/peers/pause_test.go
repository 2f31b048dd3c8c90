package peers

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/einc-lang/einc/examples/go/kernels"
)

// BenchmarkStop times stopping the world (by runtime.ReadMemStats) while one goroutine computes, or none:
// what the generated code adds to the pauses of the garbage collector.
func BenchmarkStop(b *testing.B) {
	for _, p := range []peer{{"idle", nil}, {"loops", threeLoops}, {"generated", kernels.MatMul}} {
		b.Run(p.name, func(b *testing.B) {
			var stop atomic.Bool
			var done sync.WaitGroup
			if p.run != nil {
				done.Add(1)
				go func() {
					defer done.Done()
					out, x, y := operands()
					for !stop.Load() {
						p.run(out, x, y)
					}
				}()
			}
			var stats runtime.MemStats
			var stops []time.Duration
			for b.Loop() {
				start := time.Now()
				runtime.ReadMemStats(&stats)
				stops = append(stops, time.Since(start))
				time.Sleep(time.Millisecond)
			}
			slices.Sort(stops)
			b.ReportMetric(float64(stops[len(stops)/2].Nanoseconds())/1e3, "median-µs")
			b.ReportMetric(float64(stops[len(stops)*99/100].Nanoseconds())/1e3, "p99-µs")
			stop.Store(true)
			done.Wait()
		})
	}
}
