package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub"
)

// Exit codes. Scripts depend on them; the README documents them.
const (
	exitOK        = 0
	exitFailed    = 1
	exitUsage     = 2
	exitUnhealthy = 3 // binderctl worked; what it looked at does not
	exitCancelled = 130
)

// usageError marks an error in how binderctl was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// callError is a mistake in how a command was called.
type callError struct {
	command string
	error
}

func (e callError) Unwrap() error { return e.error }

// usagef is a mistake in the call that only shows once the command has begun.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// hintError adds the next step to an error.
type hintError struct {
	error
	hint string
}

func (e hintError) Unwrap() error { return e.error }

// unhealthyError ends a command that worked and found something sick. The
// answer on stdout has said so: nothing more is printed. It is returned alone.
type unhealthyError struct{}

func (unhealthyError) Error() string { return "what was looked at is not healthy" }

// conclude tells the operator what went wrong, if anything, and returns the
// exit code.
func (app *App) conclude(err error) int {
	if err == nil || ui.IsBrokenPipe(err) {
		return exitOK
	}
	if isA[unhealthyError](err) {
		return exitCode(err)
	}
	app.Term.Error("%s", inWords(err))
	if next := app.hint(err); next != "" {
		app.Term.Hint("%s", next)
	}
	return exitCode(err)
}

// inWords is an error as people are told of it, who do not know of contexts.
func inWords(err error) string {
	if !errors.Is(err, context.Canceled) {
		return err.Error()
	}
	return strings.ReplaceAll(err.Error(), context.Canceled.Error(), "stopped")
}

func exitCode(err error) int {
	switch {
	case isA[unhealthyError](err):
		return exitUnhealthy
	case isA[usageError](err), errors.Is(err, ui.ErrCannotAsk), errors.Is(err, ui.ErrFormat):
		return exitUsage
	case errors.Is(err, context.Canceled), errors.Is(err, ui.ErrDeclined):
		return exitCancelled
	default:
		return exitFailed
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// otherNamespace is what to do where there is nothing in a namespace.
const otherNamespace = "is it the right namespace? another one: -n NAMESPACE"

// unreachedHint is what to do about a cluster that does not answer.
const unreachedHint = "is the cluster up, and the VPN? another one: --context NAME"

// hint is the next step after the errors operators meet most.
func (app *App) hint(err error) string {
	if own, ok := errors.AsType[hintError](err); ok {
		return own.hint
	}
	if call, ok := errors.AsType[callError](err); ok {
		return "see '" + call.command + " --help'"
	}
	if choose, ok := errors.AsType[*cluster.NoContextError](err); ok {
		return chooseContext(choose.Contexts)
	}
	switch {
	case errors.Is(err, cluster.ErrNoConfig):
		return "name one with --kubeconfig FILE or KUBECONFIG; to practise without one, build a game day from the source: make demo"
	case errors.Is(err, hub.ErrNoHub):
		return otherNamespace
	case errors.Is(err, fs.ErrNotExist), isA[usageError](err):
		return ""
	case apierrors.IsUnauthorized(err):
		return "the server does not accept your credentials: log in to the cluster again, or choose others with --context"
	case isA[*cluster.MissingPermissionError](err), apierrors.IsForbidden(err):
		return "the role it takes: " + app.roleCommand() + "; what you may do: " + app.kubectl(app.chosen(), "auth", "can-i", "--list")
	case errors.Is(err, cluster.ErrNoConnection): // for which patience does nothing
		return unreachedHint
	case cluster.Unreachable(err):
		return unreachedHint + "; more patience: --request-timeout 2m"
	default:
		return ""
	}
}

// roleCommand is what prints the role that the called command takes.
func (app *App) roleCommand() string {
	if app.called == "" {
		return app.program() + " rbac COMMAND, such as " + app.program() + " rbac pods cull"
	}
	return app.program() + " rbac " + strings.TrimPrefix(app.called, app.program()+" ")
}

// again is a command to type next, with the flags by which this one found its
// cluster. A profile that was named is named again: it may say more than where
// the cluster is.
func (app *App) again(words ...string) string {
	line := slices.Clone(words)
	profile, named := app.typed["profile"]
	for _, flag := range []struct{ name, value string }{
		{"--profile", profile},
		{"--kubeconfig", *app.global.kube.KubeConfig},
		{"--context", *app.global.kube.Context},
		{"--namespace", *app.global.kube.Namespace},
	} {
		if _, typed := app.typed[flag.name[2:]]; flag.value != "" && (typed || !named) {
			line = append(line, flag.name, flag.value)
		}
	}
	return app.program() + " " + typed(line)
}

// kubectl is a call of kubectl to type next. It knows nothing of a setting or a
// profile, so the place is always named.
func (app *App) kubectl(where cluster.Location, words ...string) string {
	line := []string{"kubectl"}
	for _, flag := range []struct{ name, value string }{
		{"--kubeconfig", *app.global.kube.KubeConfig}, {"--context", where.Context}, {"--namespace", where.Namespace},
	} {
		if flag.value != "" {
			line = append(line, flag.name, flag.value)
		}
	}
	return typed(append(line, words...))
}

// chosen is the place that flags or settings name, as far as they do.
func (app *App) chosen() cluster.Location {
	return cluster.Location{Context: *app.global.kube.Context, Namespace: *app.global.kube.Namespace}
}

// typed is a command line as a shell takes it. A word is in quotes unless nothing in
// it can mean anything to any shell: it may come from a cluster, and will be pasted.
func typed(line []string) string {
	line = slices.Clone(line)
	for i, word := range line {
		if word == "" || strings.ContainsFunc(word, special) {
			line[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(line, " ")
}

// special reports whether a letter may mean something to a shell. A comma does so
// only in braces, an equals sign only before a command.
func special(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	default:
		return !strings.ContainsRune("-_./:,=@+%", r)
	}
}
