package cmd

import (
	"testing"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

func TestLaunchTally(t *testing.T) {
	t.Parallel()
	of := func(results ...launchtest.Result) []launchtest.Launch {
		launches := make([]launchtest.Launch, len(results))
		for i, result := range results {
			launches[i].Result = result
		}
		return launches
	}
	for want, launches := range map[string][]launchtest.Launch{
		"2 of 2 ok":                      of(launchtest.OK, launchtest.OK),
		"1 of 3 ok, 2 failed":            of(launchtest.Failed, launchtest.OK, launchtest.Failed),
		"0 of 2 ok, 1 failed, 1 stopped": of(launchtest.Stopped, launchtest.Failed),
	} {
		if got := launchTally(launches); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
