package cmd

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/binderctl/binderctl/pkg/cluster/spelling"
)

// unknownFlag adds to a complaint about a flag which one, or which command, may
// have been meant.
func unknownFlag(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return plainValue(invalid)
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	if below, _, err := cmd.Find([]string{unknown.GetSpecifiedName()}); err == nil && below != cmd {
		return fmt.Errorf("%w: did you mean %s?", unknown, below.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, flag.Name)
		}
	})
	meant := spelling.Near(unknown.GetSpecifiedName(), names, spelling.Slips)
	if len(meant) == 0 {
		return err
	}
	return fmt.Errorf("%w: did you mean %s?", err, dashed(meant, " or "))
}

// plainValue says of a value that Go's own parsers refused what was wanted; our own
// types say so themselves.
func plainValue(invalid *pflag.InvalidValueError) error {
	want, ok := map[string]string{
		"int": "a whole number", "uint16": "a number from 0 to 65535", "float64": "a number",
		"bool": "true or false", "duration": "a duration, such as 90s or 5m",
	}[invalid.GetFlag().Value.Type()]
	if !ok {
		return invalid
	}
	return fmt.Errorf("invalid argument %q for --%s: want %s", invalid.GetValue(), invalid.GetFlag().Name, want)
}

// What cobra says of flags that belong together, with the flags in brackets, and of
// arguments.
var (
	oneRequired = regexp.MustCompile(`^at least one of the flags in the group \[(.+)\] is required$`)
	tooMany     = regexp.MustCompile(`^accepts at most 1 arg\(s\), received (\d+)$`)
	exclusive   = regexp.MustCompile(`^if any flags in the group \[.+\] are set none of the others can be; \[(.+)\] were all set$`)
)

// inOurWords says a mistake in the call as it would be said here, if it is one of
// those that cobra finds and words in its own way.
func inOurWords(err error) error {
	if found := oneRequired.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Errorf("want one at least of %s", dashed(strings.Fields(found[1]), ", "))
	}
	if found := tooMany.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Errorf("want one argument at the most, got %s", found[1])
	}
	if found := exclusive.FindStringSubmatch(err.Error()); found != nil {
		return fmt.Errorf("%s do not go together", dashed(strings.Fields(found[1]), " and "))
	}
	return err
}

// dashed are flags by their names, as they are typed.
func dashed(names []string, between string) string {
	return "--" + strings.Join(names, between+"--")
}
