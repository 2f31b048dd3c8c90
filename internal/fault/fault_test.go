package fault

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrorf(t *testing.T) {
	err := fmt.Errorf("step 3: %w", Errorf("nest %d: %w", 7, io.EOF))
	require.EqualError(t, err, "step 3: internal error: nest 7: EOF")
	var fault *Error
	require.ErrorAs(t, err, &fault)
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, Errorf("no cause").(*Error).Unwrap())
}
