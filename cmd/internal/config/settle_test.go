package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/binderctl/binderctl/cmd/internal/config"
)

const members = `
kubeconfig: ~/members
context: prod
namespace: prod
max-nodes: 10
hub-url: https://hub.prod
color: never
profiles:
  staging: {context: staging, namespace: binder, binder-url: https://staging, max-nodes: 3}
  far: {kubeconfig: /far, context: far, request-timeout: 2m}
  2i2c.mybinder.org: {namespace: two}
  empty:
`

func TestSettle(t *testing.T) {
	t.Parallel()
	type texts = map[string]string
	prod := texts{
		"kubeconfig": "/home/me/members", "context": "prod", "namespace": "prod",
		"max-nodes": "10", "hub-url": "https://hub.prod", "color": "never",
	}
	staging := texts{
		"kubeconfig": "/home/me/members", "context": "staging", "namespace": "binder",
		"max-nodes": "3", "binder-url": "https://staging", "color": "never",
	}
	with := func(base texts, more texts) texts {
		all := maps.Clone(base)
		maps.Copy(all, more)
		return all
	}
	without := func(base texts, names ...string) texts {
		left := maps.Clone(base)
		for _, name := range names {
			delete(left, name)
		}
		return left
	}
	for name, c := range map[string]struct {
		file       string // besides members
		given, env texts
		want       texts
		profile    string // and who named it
		unused     []string
	}{
		"the file alone": {want: prod},
		"the environment goes before the file": {
			env: texts{"BINDERCTL_MAX_NODES": "11"}, want: with(prod, texts{"max-nodes": "11"}),
		},
		"a flag goes before the environment": {
			env: texts{"BINDERCTL_COLOR": "auto"}, given: texts{"color": "always"}, want: with(prod, texts{"color": "always"}),
		},
		"a namespace leads away from its Hub": {
			given: texts{"namespace": "other"}, want: without(with(prod, texts{"namespace": "other"}), "hub-url"),
			unused: []string{"hub-url of file because of --namespace"},
		},
		"a context leads away from its namespace, also from the environment": {
			env: texts{"BINDERCTL_CONTEXT": "other"}, want: without(with(prod, texts{"context": "other"}), "namespace", "max-nodes", "hub-url"),
			unused: []string{"namespace of file because of BINDERCTL_CONTEXT", "max-nodes of file because of BINDERCTL_CONTEXT", "hub-url of file because of BINDERCTL_CONTEXT"},
		},
		"a flag leads away from the environment too": {
			env: texts{"BINDERCTL_NAMESPACE": "there"}, given: texts{"kubeconfig": "/mine"}, want: texts{"kubeconfig": "/mine", "color": "never"},
			unused: []string{
				"namespace of environment because of --kubeconfig", "context of file because of --kubeconfig",
				"namespace of file because of --kubeconfig", "max-nodes of file because of --kubeconfig", "hub-url of file because of --kubeconfig",
			},
		},
		"KUBECONFIG leads away from the file": {
			env: texts{"KUBECONFIG": "/practice"}, want: texts{"kubeconfig": "/practice", "color": "never"},
			unused: []string{
				"context of file because of KUBECONFIG", "namespace of file because of KUBECONFIG",
				"max-nodes of file because of KUBECONFIG", "hub-url of file because of KUBECONFIG",
			},
		},
		"KUBECONFIG leads away from nothing else in the environment": {
			env:    texts{"KUBECONFIG": "/practice", "BINDERCTL_CONTEXT": "there", "BINDERCTL_NAMESPACE": "here"},
			want:   texts{"kubeconfig": "/practice", "context": "there", "namespace": "here", "color": "never"},
			unused: []string{"max-nodes of file because of KUBECONFIG", "hub-url of file because of KUBECONFIG"},
		},
		"a profile goes before the file": {
			given: texts{"profile": "staging"}, want: staging, profile: "staging of flag",
			unused: []string{"hub-url of file because of staging"},
		},
		"a profile that a flag names goes before the environment": {
			given: texts{"profile": "staging"}, env: texts{"BINDERCTL_CONTEXT": "prod", "BINDERCTL_PROFILE": "far", "BINDERCTL_HUB_URL": "https://x"},
			want: staging, profile: "staging of flag",
			unused: []string{"hub-url of environment because of staging", "hub-url of file because of staging"},
		},
		"a profile that a flag names finds its context in KUBECONFIG": {
			given: texts{"profile": "staging"}, env: texts{"KUBECONFIG": "/a:/b"},
			want: with(staging, texts{"kubeconfig": "/a:/b"}), profile: "staging of flag",
			unused: []string{"hub-url of file because of KUBECONFIG"},
		},
		"a profile's own kubeconfig goes before KUBECONFIG": {
			given: texts{"profile": "far"}, env: texts{"KUBECONFIG": "/a"},
			want: texts{"kubeconfig": "/far", "context": "far", "request-timeout": "2m", "color": "never"}, profile: "far of flag",
			unused: []string{"namespace of file because of far", "max-nodes of file because of far", "hub-url of file because of far"},
		},
		"the rest of the environment goes before a profile of the environment": {
			env:  texts{"BINDERCTL_PROFILE": "staging", "BINDERCTL_NAMESPACE": "here"},
			want: without(with(staging, texts{"namespace": "here"}), "binder-url"), profile: "staging of environment",
			unused: []string{"binder-url of profile because of BINDERCTL_NAMESPACE", "hub-url of file because of staging"},
		},
		"flags lead away from a profile": {
			given: texts{"profile": "staging", "context": "mine"}, want: texts{"kubeconfig": "/home/me/members", "context": "mine", "color": "never"},
			profile: "staging of flag",
			unused: []string{
				"namespace of profile because of --context", "max-nodes of profile because of --context", "binder-url of profile because of --context",
				"namespace of file because of --context", "max-nodes of file because of --context", "hub-url of file because of --context",
			},
		},
		"the file's own profile": {
			file: "profile: staging", want: staging, profile: "staging of file",
			unused: []string{"hub-url of file because of staging"},
		},
		"KUBECONFIG leads away from the file's own profile": {
			file: "profile: far", env: texts{"KUBECONFIG": "/practice"}, profile: "far of file",
			want: texts{"kubeconfig": "/practice", "request-timeout": "2m", "color": "never"},
			unused: []string{
				"context of profile because of KUBECONFIG", "context of file because of KUBECONFIG", "namespace of file because of KUBECONFIG",
				"max-nodes of file because of KUBECONFIG", "hub-url of file because of KUBECONFIG",
			},
		},
		"names with dots, in any letters": {
			given: texts{"profile": "2i2c.MyBinder.org"}, want: without(with(prod, texts{"namespace": "two"}), "hub-url"), profile: "2i2c.MyBinder.org of flag",
			unused: []string{"hub-url of file because of 2i2c.MyBinder.org"},
		},
		"a profile of nothing":    {given: texts{"profile": "empty"}, want: prod, profile: "empty of flag"},
		"what is empty is no one": {env: texts{"BINDERCTL_PROFILE": "", "KUBECONFIG": "", "BINDERCTL_CONTEXT": ""}, want: prod},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := load(t, members+c.file)
			settled, err := file.Settle(c.given, func(name string) string { return c.env[name] })
			if err != nil {
				t.Fatal(err)
			}
			got := texts{}
			for name, value := range settled.Values {
				got[name] = value.Text
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("what counts (-want +got):\n%s", diff)
			}
			var unused []string
			for _, one := range settled.Unused {
				unused = append(unused, one.Setting+" of "+string(one.From.Kind)+" because of "+filepath.Base(one.Because.From.Name))
			}
			if diff := cmp.Diff(c.unused, unused); diff != "" {
				t.Errorf("what does not (-want +got):\n%s", diff)
			}
			profile := ""
			if settled.Profile.Text != "" {
				profile = settled.Profile.Text + " of " + string(settled.Profile.From.Kind)
			}
			if profile != c.profile {
				t.Errorf("profile %q, want %q", profile, c.profile)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, profile, want string }{
		"a mistyped setting":              {text: "namespce: x", want: `there is no setting "namespce": did you mean namespace?`},
		"a mistyped key":                  {text: "profles: {a: {context: x}}", want: "did you mean profiles or profile?"},
		"nothing like it":                 {text: "bogus: x", want: `there is no setting "bogus"`},
		"a mistyped setting of a profile": {text: "profiles: {a: {contxt: x}}", want: `profile a: there is no setting "contxt": did you mean context?`},
		"a profile within a profile":      {text: "profiles: {a: {profile: b}}", want: `profile a: there is no setting "profile"`},
		"a list for a value":              {text: "context: [a, b]", want: "context: want a single value"},
		"a value for a profile":           {text: "profiles: {a: b}", want: "profile a: want settings, such as context: NAME"},
		"a list of profiles":              {text: "profiles: [a]", want: "profiles: want a name and settings below it for each"},
		"no YAML":                         {text: "context: {", want: "config.yaml: line 1: did not find"},
		"a tab":                           {text: "context: a\n\tnamespace: b", want: "config.yaml: line 2: found a tab"},
		"a key twice":                     {text: "context: a\ncontext: b", want: "config.yaml: line 2: mapping key \"context\" already defined at line 1"},
		"a list":                          {text: "- a", want: "config.yaml: line 1: cannot unmarshal"},
		"the beginning of a setting":      {text: "hub-token: x", want: `there is no setting "hub-token": did you mean hub-token-key or hub-token-file?`},
		"a mistyped profile":              {text: "profiles: {staging: {}}", profile: "stagign", want: `flag --profile: there is no profile "stagign": did you mean staging?`},
		"another profile":                 {text: "profiles: {b: {}, a: {}}", profile: "production", want: `there is no profile "production", only a, b`},
		"no profiles":                     {profile: "staging", want: "config.yaml has none"},
		"a file's own that is not there":  {text: "profile: x", want: `there is no profile "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := config.Load(write(t, c.text), true, noVariables)
			if err == nil {
				_, err = file.Settle(map[string]string{"profile": c.profile}, noVariables)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if _, err := config.Load(path, true, noVariables); err == nil {
		t.Error("a file that was named and is not there is no error")
	}
	if file, err := config.Load(path, false, noVariables); err != nil || file.Found {
		t.Errorf("the usual file, which is not there: %+v, %v", file, err)
	}
}

// TestTemplates proves that what config init writes can be read, also with the
// signs taken off.
func TestTemplates(t *testing.T) {
	t.Parallel()
	if file := load(t, config.Template()); len(file.Settings)+len(file.Profiles) != 0 {
		t.Errorf("the template settles something: %+v", file)
	}
	load(t, uncommented(config.Template()))
	for _, name := range config.Examples() {
		text, err := config.Example(name)
		if err != nil {
			t.Fatal(err)
		}
		if file := load(t, text); len(file.Profiles) == 0 || len(file.Settings) != 0 {
			t.Errorf("the example %s: %+v", name, file)
		}
	}
	if _, err := config.Example("mybindr"); err == nil || !strings.Contains(err.Error(), "did you mean mybinder?") {
		t.Errorf("an example that is not there: %v", err)
	}
}

// uncommented takes the sign off what is a setting and leaves it on prose, which
// has a blank behind its first word.
func uncommented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		bare := strings.TrimPrefix(strings.TrimPrefix(line, "#"), " ")
		if word, _, _ := strings.Cut(strings.TrimSpace(bare), " "); strings.HasSuffix(word, ":") {
			line = bare
		}
		b.WriteString(line)
	}
	return b.String()
}

func load(t *testing.T, text string) *config.File {
	t.Helper()
	file, err := config.Load(write(t, text), true, func(name string) string {
		return map[string]string{"HOME": "/home/me"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func noVariables(string) string { return "" }
