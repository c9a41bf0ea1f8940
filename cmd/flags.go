package cmd

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

// ageFlag is an age such as 90m, 6h or 2d, in whole seconds.
type ageFlag struct {
	age   time.Duration
	given bool
}

func (f *ageFlag) String() string {
	if !f.given {
		return ""
	}
	return pods.Age(f.age).String()
}

func (f *ageFlag) Set(text string) (err error) {
	f.age, err = parseAge(text)
	f.given = err == nil
	return err
}

func (f *ageFlag) Type() string { return "AGE" }

// parseAge reads an age and says where in the text a mistake is.
func parseAge(text string) (time.Duration, error) {
	age, err := model.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("age %q: %s; want units from large to small, such as 90m, 6h or 1d12h", text, ageMistake(text))
	}
	if time.Duration(age)%time.Second != 0 {
		return 0, fmt.Errorf("age %q: want whole seconds", text)
	}
	return time.Duration(age), nil
}

// ageMistake names the first character at which a text stops being an age.
func ageMistake(text string) string {
	if text == "" {
		return "it is empty"
	}
	good := 0 // the longest beginning that is an age, or would be with a unit
	for end := 1; end <= len(text); end++ {
		beginning := text[:end]
		if _, err := model.ParseDuration(beginning); err == nil {
			good = end
		} else if _, err := model.ParseDuration(beginning + "s"); err == nil {
			good = end
		}
	}
	if good == len(text) {
		return "the unit is missing at the end"
	}
	return fmt.Sprintf("character %d, %q, does not belong there", good+1, text[good])
}

// repoAgesFlag is REPO or REPO=AGE, repeatedly.
type repoAgesFlag []repoAge

type repoAge struct {
	repo cluster.RepoPattern
	ageFlag
}

func (f *repoAgesFlag) String() string {
	texts := make([]string, len(*f))
	for i, rule := range *f {
		texts[i] = rule.repo.String()
		if rule.given {
			texts[i] += "=" + pods.Age(rule.age).String()
		}
	}
	return strings.Join(texts, ",")
}

func (f *repoAgesFlag) Set(text string) error {
	var rule repoAge
	name := text
	if at := strings.LastIndexByte(text, '='); at >= 0 {
		name = text[:at]
		if err := rule.Set(text[at+1:]); err != nil {
			return fmt.Errorf("after the = at character %d: %w", at+1, err)
		}
	}
	repo, err := cluster.ParseRepoPattern(name)
	if err != nil {
		return err
	}
	rule.repo = repo
	*f = append(*f, rule)
	return nil
}

func (f *repoAgesFlag) Type() string { return "REPO[=AGE]" }

// reposFlag is a repository, repeatedly.
type reposFlag []cluster.RepoPattern

func (f *reposFlag) String() string {
	texts := make([]string, len(*f))
	for i, repo := range *f {
		texts[i] = repo.String()
	}
	return strings.Join(texts, ",")
}

func (f *reposFlag) Set(text string) error {
	repo, err := cluster.ParseRepoPattern(text)
	*f = append(*f, repo)
	return err
}

func (f *reposFlag) Type() string { return "REPO" }

// choice is one of a few words.
type choice[T ~string] struct {
	value *T
	among []T
	noun  string
}

func (c choice[T]) String() string {
	if c.value == nil {
		return ""
	}
	return string(*c.value)
}

func (c choice[T]) Set(text string) error {
	for _, one := range c.among {
		if strings.EqualFold(text, string(one)) {
			*c.value = one
			return nil
		}
	}
	return fmt.Errorf("must be one of %s", strings.Join(texts(c.among), ", "))
}

func (c choice[T]) Type() string { return c.noun }

// choiceFlag adds a flag that takes one of a few words, and its completion.
func choiceFlag[T ~string](cmd *cobra.Command, value *T, name, noun string, among []T, usage string) {
	cmd.Flags().Var(choice[T]{value, among, noun}, name, usage+": "+strings.Join(texts(among), ", "))
	completeWith(cmd, name, texts(among))
}

func texts[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = string(value)
	}
	return list
}

// phases are the phases a pod can have.
func phases() []corev1.PodPhase {
	return []corev1.PodPhase{corev1.PodPending, corev1.PodRunning, corev1.PodSucceeded, corev1.PodFailed, corev1.PodUnknown}
}

// phasesFlag is phases, repeatedly or with commas between.
type phasesFlag []corev1.PodPhase

func (f *phasesFlag) String() string { return strings.Join(texts(*f), ",") }

func (f *phasesFlag) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		var phase corev1.PodPhase
		if err := (choice[corev1.PodPhase]{&phase, phases(), ""}).Set(word); err != nil {
			return err
		}
		*f = append(*f, phase)
	}
	return nil
}

func (f *phasesFlag) Type() string { return "PHASE" }

// errEmpty refuses a flag without a value: an unset variable in a script must not
// widen what a command does.
func errEmpty() error {
	return errors.New("it is empty, and would choose everything; leave the flag out if that is meant")
}

// globFlag is a pattern with * and ?, matched against the whole of a name.
type globFlag string

func (f *globFlag) String() string { return string(*f) }

func (f *globFlag) Set(text string) error {
	if text == "" {
		return errEmpty()
	}
	if _, err := path.Match(text, ""); err != nil {
		return fmt.Errorf("pattern %q: %w", text, err)
	}
	*f = globFlag(text)
	return nil
}

func (f *globFlag) Type() string { return "GLOB" }

// selectorFlag is a label selector.
type selectorFlag struct{ labels.Selector }

func (f *selectorFlag) String() string {
	if f.Selector == nil {
		return ""
	}
	return f.Selector.String()
}

func (f *selectorFlag) Set(text string) error {
	selector, err := labels.Parse(text)
	if err == nil && selector.Empty() {
		return errEmpty()
	}
	f.Selector = selector
	return err
}

func (f *selectorFlag) Type() string { return "SELECTOR" }

// namesFlag is names, repeatedly or with commas between.
type namesFlag []string

func (f *namesFlag) String() string { return strings.Join(*f, ",") }

func (f *namesFlag) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		if name == "" {
			return errEmpty()
		}
		*f = append(*f, name)
	}
	return nil
}

func (f *namesFlag) Type() string { return "NAME" }

// fileFlag is the name of a file; "-" is stdin or stdout.
type fileFlag string

func (f *fileFlag) String() string { return string(*f) }

func (f *fileFlag) Set(text string) error {
	if text == "" {
		return errors.New("it is empty")
	}
	*f = fileFlag(text)
	return nil
}

func (f *fileFlag) Type() string { return "FILE" }

// outputFlag adds -o.
func outputFlag(cmd *cobra.Command, format *ui.Format) {
	cmd.Flags().VarP(format, "output", "o", ui.FormatHelp())
	completeWith(cmd, "output", ui.FormatCompletions())
}

// selection are the flags that choose pods, which list and cull share.
type selection struct {
	phases phasesFlag
	nodes  namesFlag
	name   globFlag
	labels selectorFlag
}

func (s *selection) add(app *App, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(&s.phases, "phase", "only pods in this `PHASE`: Pending, Running, Succeeded, Failed; several with commas")
	flags.Var(&s.nodes, "node", "only pods on this `NODE`; several with commas")
	flags.Var(&s.name, "name", "only pods whose whole name fits this `GLOB`, such as 'jupyter-*-depth-*'")
	flags.VarP(&s.labels, "selector", "l", "only pods with these labels, such as app=jupyterhub")
	completeWith(cmd, "phase", texts(phases()))
	completeFrom(app, cmd, "node", nodeNames)
}
