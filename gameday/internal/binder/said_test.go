package binder

import (
	"slices"
	"testing"

	"github.com/binderctl/binderctl/gameday/internal/record"
)

// What is told late takes no launch back to where it was.
func TestStageSaid(t *testing.T) {
	t.Parallel()
	stage, said := record.Resolve, []string{}
	for _, what := range []event{
		say("waiting", "Waiting for build to start...\n"),
		{{"message", "Picked Git content provider.\n"}},
		say("building", "Step 1\n"), say("unknown", "x"),
		say("built", "Built image, launching...\n"), say("launching", "Launching server...\n"), say("launching", "Server requested\n"),
		say("launching", "Spawning server...\n"), say("launching", "[Normal] Container image already present on machine\n"),
		say("launching", "[Normal] Successfully assigned prod/jupyter-a to n1\n"), say("launching", "[Normal] Started container notebook\n"),
		say("failed", "Image x for user u failed to launch\n"),
	} {
		if next := stageSaid(what, stage); next != stage {
			stage, said = next, append(said, next)
		}
	}
	want := []string{record.Queue, record.Fetch, record.Build, record.Registry, record.HubUser, record.Spawn, record.Start, record.Route}
	if !slices.Equal(said, want) {
		t.Errorf("it said %q, want %q", said, want)
	}
}
