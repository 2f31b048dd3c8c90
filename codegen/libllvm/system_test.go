//go:build !windows

package libllvm

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestReasons opens what is not there from many goroutines, which would change threads between the failure
// and the question for its reason.
func TestReasons(t *testing.T) {
	missing := t.TempDir() + "/none"
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 200 {
				_, err := openLibrary(missing)
				if !assert.ErrorContains(t, err, missing+": cannot open") {
					return
				}
			}
		})
	}
	group.Wait()
}
