package cli

import (
	"strings"
	"testing"
)

// Who names no scenario, or two, is told which there are.
func TestOneScenario(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"too-many-pods", "healthy"}} {
		if err := oneScenario(nil, args); err == nil || !strings.Contains(err.Error(), "healthy, ") {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := oneScenario(nil, []string{"healthy"}); err != nil {
		t.Error(err)
	}
}
