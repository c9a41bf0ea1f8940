package cmd

import (
	"errors"
	"strings"
	"time"

	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// usersFlag is wait, evict or deadline=AGE.
type usersFlag struct {
	policy nodes.UsersPolicy
	after  time.Duration
}

const deadlinePrefix = string(nodes.UsersDeadline) + "="

func (f *usersFlag) String() string {
	if f.policy == nodes.UsersDeadline {
		return deadlinePrefix + pods.Age(f.after).String()
	}
	return string(f.policy)
}

func (f *usersFlag) Set(text string) error {
	switch {
	case text == string(nodes.UsersWait), text == string(nodes.UsersEvict):
		f.policy = nodes.UsersPolicy(text)
		return nil
	case strings.HasPrefix(text, deadlinePrefix):
		after, err := parseAge(strings.TrimPrefix(text, deadlinePrefix))
		if err == nil && after == 0 {
			err = errors.New("a deadline of 0s cuts them off at once: say evict if that is meant")
		}
		f.policy, f.after = nodes.UsersDeadline, after
		return err
	default:
		return errors.New("must be one of wait, evict, deadline=AGE, such as deadline=2h")
	}
}

func (f *usersFlag) Type() string { return "POLICY" }
