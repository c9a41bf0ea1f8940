// Package scenariotest has tests read the scenarios that every gameday has.
package scenariotest

import (
	"testing"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/scenarios"
)

// Read reads one, by its name.
func Read(t *testing.T, name string) *scenario.Scenario {
	t.Helper()
	content, err := scenarios.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	described, err := scenario.Decode(name, content)
	if err != nil {
		t.Fatal(err)
	}
	return described
}
