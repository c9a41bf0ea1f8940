package cmd

import (
	"os"
	"testing"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

func TestCalledAs(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"binderctl":                   "binderctl",
		"/usr/bin/binderctl":          "binderctl",
		"/krew/bin/kubectl-binder":    "kubectl binder",
		"kubectl-binder.exe":          "kubectl binder",
		"./binderctl_linux":           "binderctl",
		"":                            "binderctl",
		"/tmp/kubectl-binder/binder2": "binderctl",
	} {
		if got := CalledAs(file); got != want {
			t.Errorf("%q: %q, want %q", file, got, want)
		}
	}
}

// TestAgain proves that a command to type next leads to the same cluster.
func TestAgain(t *testing.T) {
	t.Parallel()
	settled := map[string]string{"BINDERCTL_CONTEXT": "prod", "BINDERCTL_NAMESPACE": "prod"}
	file := t.TempDir() + "/config.yaml"
	writeFile(t, file, "profiles: {staging: {context: staging, namespace: binder, hub-url: https://hub.staging}}")
	for name, c := range map[string]struct {
		program string
		args    []string
		want    string
	}{
		"as it was settled":      {want: "binderctl hub status --context prod --namespace prod"},
		"as the plugin":          {program: pluginName, want: "kubectl binder hub status --context prod --namespace prod"},
		"with what was typed":    {args: []string{"-n", "a b"}, want: "binderctl hub status --context prod --namespace 'a b'"},
		"by a profile":           {args: []string{"--profile", "staging"}, want: "binderctl hub status --profile staging"},
		"by a profile and flags": {args: []string{"--profile", "staging", "-n", "x"}, want: "binderctl hub status --profile staging --namespace x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := &App{Name: c.program, Term: ui.NewTerminal(ui.Streams{}), Getenv: func(name string) string { return settled[name] }}
			cmd, _, err := newRoot(app).Find([]string{"version"})
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.ParseFlags(append(c.args, "--config", file)); err != nil {
				t.Fatal(err)
			}
			if err := app.configure(cmd); err != nil {
				t.Fatal(err)
			}
			if got := app.again("hub", "status"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
