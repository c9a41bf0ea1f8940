package cmd

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/pkg/nodes"
)

// What is said to be typed next is the same call with the flags that it lacks.
func TestRefusalIsCalledAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args    []string
		purpose nodes.Purpose
		want    string
	}{
		"cordoned": {[]string{"nodes", "drain", "--cordoned", "--users", "deadline=2h", "--wait", "-y"}, nodes.ForDrain, "binderctl nodes drain --cordoned --users deadline=2h --wait --force"},
		"a name":   {[]string{"nodes", "drain", "n1", "--users", "evict"}, nodes.ForDrain, "binderctl nodes drain n1 --users evict --force"},
		"a dry run": {
			[]string{"nodes", "drain", "node/n1", "--dry-run", "--reason", "it's sick"},
			nodes.ForDrain,
			`binderctl nodes drain n1 --dry-run --reason 'it'\''s sick' --force`,
		},
		"reclaim": {[]string{"nodes", "reclaim", "--keep", "3"}, nodes.ForReclaim, "binderctl nodes reclaim --keep 3 --force"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, _, _ := terminal80()
			var opts nodesDrainOptions
			cmd, rest, err := newRoot(app).Find(tc.args)
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.ParseFlags(rest); err != nil {
				t.Fatal(err)
			}
			opts.called(cmd, cmd.Flags().Args())
			plan := nodes.DrainPlan{Policy: nodes.DrainPolicy{For: tc.purpose}, Pods: []nodes.Tenant{{Verdict: nodes.Refuses, Flags: []string{"--force"}}}}
			if diff := cmp.Diff("if what is listed may go: "+tc.want, app.hint(app.refused(plan, opts))); diff != "" {
				t.Errorf("hint (-want +got):\n%s", diff)
			}
		})
	}
}
