package cmd

import (
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// A repository that is given by its name and by a link is one target: two would be
// launched twice as often, and be one in the metrics.
func TestWatchOfARepositoryGivenTwice(t *testing.T) {
	t.Parallel()
	app := &App{Now: time.Now}
	opts := &launchWatchOptions{every: ageFlag{age: time.Minute}}
	repos, err := opts.repos([]string{"owner/name", "https://binder.example.org/v2/gh/owner/name/HEAD", "owner/other"})
	if err != nil {
		t.Fatal(err)
	}
	b := &binders{usual: binderTransport(), members: []launchtest.Member{{Name: "one", URL: "https://binder.example.org"}}}
	plan, err := app.planWatch(opts, b, repos)
	if err != nil || len(plan.targets) != 2 || plan.targets[0].Repo == plan.targets[1].Repo {
		t.Errorf("%+v, %v", plan.targets, err)
	}
}
