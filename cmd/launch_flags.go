package cmd

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// binderFlags are the flags by which commands find BinderHubs.
type binderFlags struct {
	url     binderURLFlag
	member  namesFlag
	members membersFlag

	cmd *cobra.Command
}

// everyMember is all members of a federation.
const everyMember = "all"

func (f *binderFlags) add(cmd *cobra.Command) {
	f.cmd = cmd
	flags := cmd.Flags()
	flags.Var(&f.url, "binder-url", "`URL` of the BinderHub (default: the one of REPO's link, else that of the cluster, else "+publicBinder+")")
	flags.Var(&f.member, "member", "launch from this member of a federation by `NAME`, several with commas; all are all of them")
	flags.Var(&f.members, "members", "the federation's members as `NAME=URL`, several with commas (default: what the BinderHub says, and mybinder.org's)")
}

const (
	// publicBinder is the BinderHub of those who have none.
	publicBinder = "https://mybinder.org"
)

// publicMembers are those of mybinder.org, for when its redirector does not say,
// or has one of them out of rotation.
func publicMembers() []launchtest.Member {
	return []launchtest.Member{
		{Name: "bids-ovh", URL: "https://bids.mybinder.org"},
		{Name: "hetzner-2i2c", URL: "https://2i2c.mybinder.org"},
		{Name: "hetzner-gesis", URL: "https://gesis.mybinder.org"},
	}
}

// membersFlag is NAME=URL, several with commas.
type membersFlag []launchtest.Member

func (f *membersFlag) String() string {
	texts := make([]string, len(*f))
	for i, member := range *f {
		texts[i] = member.Name + "=" + member.URL
	}
	return strings.Join(texts, ",")
}

func (f *membersFlag) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		name, address, found := strings.Cut(strings.TrimSpace(word), "=")
		var checked hubURLFlag
		if !found || name == "" || name == everyMember {
			return fmt.Errorf("want NAME=URL, such as gesis=https://gesis.mybinder.org, not %q", word)
		}
		if err := checked.Set(address); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*f = append(*f, launchtest.Member{Name: name, URL: address})
	}
	return nil
}

func (f *membersFlag) Type() string { return "NAME=URL" }

// limitsFlag is STAGE=DURATION, repeatedly.
type limitsFlag map[launchtest.Stage]time.Duration

func (f *limitsFlag) String() string {
	var texts []string
	for _, stage := range slices.Sorted(maps.Keys(*f)) {
		texts = append(texts, stageWord(stage)+"="+(*f)[stage].String())
	}
	return strings.Join(texts, ",")
}

func (f *limitsFlag) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		name, limit, found := strings.Cut(word, "=")
		stage := launchtest.Stage(strings.ReplaceAll(strings.TrimSpace(name), "-", " "))
		if !found || !slices.Contains(launchtest.Stages(), stage) {
			return fmt.Errorf("want STAGE=DURATION, with one of %s, not %q", strings.Join(stageWords(), ", "), word)
		}
		most, err := time.ParseDuration(limit)
		if err != nil || most < 0 {
			return fmt.Errorf("%s: want a duration such as 90s or 2m, not %q", name, limit)
		}
		if *f == nil {
			*f = limitsFlag{}
		}
		(*f)[stage] = most
	}
	return nil
}

func (f *limitsFlag) Type() string { return "STAGE=DURATION" }

// stageWord is a stage as a flag has it.
func stageWord(stage launchtest.Stage) string { return strings.ReplaceAll(string(stage), " ", "-") }

func stageWords() []string {
	var words []string
	for _, stage := range launchtest.Stages() {
		words = append(words, stageWord(stage))
	}
	return words
}

func limitCompletions() []string {
	words := stageWords()
	for i, word := range words {
		words[i] = word + "="
	}
	return words
}

// chosen are the members that --member names.
func (f *binderFlags) chosen(known []launchtest.Member) ([]launchtest.Member, error) {
	if len(known) == 0 {
		return nil, errors.New("it does not say which members it has: name them with --members NAME=URL")
	}
	if slices.Contains(f.member, everyMember) {
		return known, nil
	}
	var members []launchtest.Member
	for _, name := range f.member {
		at := slices.IndexFunc(known, func(m launchtest.Member) bool { return m.Name == name })
		if at < 0 {
			var names []string
			for _, member := range known {
				names = append(names, member.Name)
			}
			return nil, fmt.Errorf("no member is called %q; there are %s, and all", name, strings.Join(names, ", "))
		}
		members = append(members, known[at])
	}
	return members, nil
}
