package cmd

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/binderctl/binderctl/cmd/internal/config"
	"github.com/binderctl/binderctl/cmd/internal/ui"
)

const configViewLong = `List the settings that count here and now, and where each comes from: a flag, the
environment, a profile, the file, the kubeconfig, or nowhere, so that its default
holds.

A flag goes before the profile that --profile names, that before the environment
(BINDERCTL_MAX_NODES is --max-nodes), and that before the file: first the profile
that it chooses, then what stands in it by itself.

What is settled somewhere and does not count is listed too, with what leads away
from it: a context belongs to its kubeconfig, a namespace to its context, and a
Hub to its namespace. Tokens are never shown. A value that cannot be is named, and
the exit code is then 3.`

const configViewExample = `  # What counts?
  binderctl config view

  # What would count for another member of the federation?
  binderctl config view --profile staging`

// settingDoc is a setting and where it comes from.
type settingDoc struct {
	Setting string        `json:"setting"`
	Value   string        `json:"value"` // "" is not set
	From    config.Source `json:"from"`
	Used    bool          `json:"used"`
	// Problem is what is wrong with the value, if anything.
	Problem string `json:"problem,omitempty"`
	// Because is what leads away from a setting that is not used.
	Because string `json:"because,omitempty"`
}

// configDoc is what JSON says beside the settings.
type configDoc struct {
	File     string   `json:"file"`
	Found    bool     `json:"found"`
	Profile  string   `json:"profile"`
	Profiles []string `json:"profiles"`
}

// Where a value comes from that nobody has settled.
const (
	fromDefault    config.Kind = "default"
	fromKubeconfig config.Kind = "kubeconfig"
)

func newConfigView(app *App) *cobra.Command {
	var format ui.Format
	cmd := &cobra.Command{
		Use:     "view [flags]",
		Short:   "List the settings that count and where each comes from",
		Long:    configViewLong,
		Example: configViewExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return configView(app, cmd, format) },
	}
	outputFlag(cmd, &format)
	return cmd
}

func configView(app *App, cmd *cobra.Command, format ui.Format) error {
	file, err := app.loadConfig()
	if err != nil {
		return err
	}
	settled, err := file.Settle(given(cmd), app.Getenv)
	if err != nil {
		return err
	}
	if format.IsHuman() {
		app.sayConfig(file, settled)
	}
	docs := append([]settingDoc{profileDoc(settled)}, app.settingDocs(cmd, settled)...)
	err = ui.Print(app.Term, format, ui.Document[settingDoc]{
		Rows: docs,
		Name: func(s settingDoc) string { return s.Setting },
		Head: configDoc{
			File: file.Path, Found: file.Found,
			Profile: settled.Profile.Text, Profiles: append([]string{}, file.ProfileNames()...),
		},
		Columns: []ui.Column[settingDoc]{
			{Header: "SETTING", Value: func(s settingDoc) string { return s.Setting }},
			{Header: "VALUE", Value: func(s settingDoc) string { return cmp.Or(s.Value, "-") }},
			{Header: "FROM", Value: settingDoc.from, Role: settingDoc.role, Wrap: true},
		},
	})
	if err == nil && slices.ContainsFunc(docs, func(s settingDoc) bool { return s.Problem != "" }) {
		return unhealthyError{}
	}
	return err
}

// sayConfig says which file was read and which profiles there are to choose from.
func (app *App) sayConfig(file *config.File, settled *config.Settled) {
	if file.Path == "" {
		app.Term.Say("neither HOME nor XDG_CONFIG_HOME says where the file would be; name one with --config")
		return
	}
	if !file.Found {
		app.Term.Say("there is no file %s; begin one with: %s", file.Path, app.again("config", "init"))
		return
	}
	app.Term.Say("read %s", file.Path)
	if names := file.ProfileNames(); len(names) > 0 && settled.Profile.Text == "" {
		app.Term.Say("no profile is chosen; there are %s: --profile NAME", strings.Join(names, ", "))
	}
}

// from says where the setting comes from, and why it does not count.
func (s settingDoc) from() string {
	words := strings.TrimSpace(s.From.String())
	if s.Problem != "" {
		words += "; " + s.Problem
	}
	if s.Used {
		return words
	}
	return words + "; does not count: " + s.Because + " leads elsewhere"
}

func (s settingDoc) role() ui.Role {
	switch {
	case s.Problem != "":
		return ui.Bad
	case !s.Used:
		return ui.Warn
	case s.From.Kind == fromDefault:
		return ui.Dim
	default:
		return ui.Plain
	}
}

func profileDoc(settled *config.Settled) settingDoc {
	doc := settingDoc{Setting: config.Profile, Value: settled.Profile.Text, From: settled.Profile.From, Used: true}
	if doc.Value == "" {
		doc.From = config.Source{Kind: fromDefault}
	}
	return doc
}

// settingDocs are all settings, those that do not count below those that do.
func (app *App) settingDocs(cmd *cobra.Command, settled *config.Settled) []settingDoc {
	var docs []settingDoc
	for _, name := range config.Known() {
		value, ok := settled.Values[name]
		counts := app.unsettled(cmd, name)
		if ok {
			counts = settingDoc{Setting: name, Value: shown(name, value.Text), From: value.From, Used: true, Problem: problemOf(cmd, value)}
		}
		docs = append(docs, counts)
		for _, unused := range settled.Unused {
			if unused.Setting == name {
				docs = append(docs, settingDoc{Setting: name, Value: shown(name, unused.Text), From: unused.From, Because: unused.Because.From.String()})
			}
		}
	}
	return append(docs, app.hubTokenDoc(leadsAway(given(cmd))))
}

// unsettled is a setting that nobody has settled: what the kubeconfig says, or
// the flag's default.
func (app *App) unsettled(cmd *cobra.Command, name string) settingDoc {
	if value := app.kubeconfigSays(name); value != "" {
		return settingDoc{Setting: name, Value: value, From: config.Source{Kind: fromKubeconfig}, Used: true}
	}
	return settingDoc{Setting: name, Value: defaultOf(cmd, name), From: config.Source{Kind: fromDefault}, Used: true}
}

// kubeconfigSays is the context, or the namespace, that the kubeconfig names.
func (app *App) kubeconfigSays(name string) string {
	raw, err := app.global.kube.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return ""
	}
	current := cmp.Or(*app.global.kube.Context, raw.CurrentContext)
	switch name {
	case "context":
		return current
	case "namespace":
		if context := raw.Contexts[current]; context != nil {
			return context.Namespace
		}
	}
	return ""
}

// problemOf is what the flag that a setting fills in has against its value. No
// command runs any more that would take it for given.
func problemOf(cmd *cobra.Command, value config.Value) string {
	flag := flagOf(cmd, value.Setting)
	if flag == nil || value.IsKubectls() || value.From.Kind == config.FromFlag {
		return ""
	}
	if err := flag.Value.Set(value.Text); err != nil {
		return err.Error()
	}
	return ""
}

// defaultOf is the default of the flag that a setting fills in.
func defaultOf(cmd *cobra.Command, name string) string {
	if flag := flagOf(cmd, name); flag != nil {
		return flag.DefValue
	}
	return ""
}

// flagOf is the flag that a setting fills in, whichever command has it.
func flagOf(cmd *cobra.Command, name string) *pflag.Flag {
	var found *pflag.Flag
	var look func(*cobra.Command)
	look = func(c *cobra.Command) {
		if flag := c.LocalFlags().Lookup(name); flag != nil && found == nil {
			found = flag
		}
		for _, child := range c.Commands() {
			look(child)
		}
	}
	look(cmd.Root())
	return found
}

// hubTokenDoc says whether there is a token for the Hub, and never which. That of
// the environment does not count for a call with a flag that leads away from there.
func (app *App) hubTokenDoc(away string) settingDoc {
	if app.Getenv(hubTokenVariable) == "" {
		return settingDoc{Setting: "hub-token", From: config.Source{Kind: fromDefault}, Used: true}
	}
	return settingDoc{
		Setting: "hub-token", Value: "(set, not shown)",
		From: config.Source{Kind: config.FromEnvironment, Name: hubTokenVariable}, Used: away == "", Because: away,
	}
}

// shown is a value without what a URL may hold that is secret: a password, and
// tokens behind the question mark.
func shown(name, text string) string {
	if !strings.HasSuffix(name, "-url") {
		return text
	}
	parsed, err := url.Parse(text)
	if err != nil {
		return fmt.Sprintf("(no URL, %d characters)", len(text))
	}
	if parsed.RawQuery != "" {
		parsed.RawQuery = "xxxxx"
	}
	return parsed.Redacted()
}
