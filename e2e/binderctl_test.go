package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// operator is somebody with a binderctl, a kubeconfig and a home of their own.
type operator struct {
	kubeconfig string
	home       string
	secrets    []string // what may appear nowhere

	patience time.Duration // for one call, if it is more than that of others
}

func newOperator(t *testing.T, kubeconfig string) *operator {
	t.Helper()
	o := &operator{kubeconfig: kubeconfig, home: t.TempDir(), secrets: []string{secretPrefix, clientIPs}}
	config, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		o.secrets = append(o.secrets, user.Token)
	}
	t.Cleanup(func() { o.checkHome(t) })
	return o
}

// command is a binderctl that is ready to start.
func (o *operator) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	program, err := binary("binderctl")
	if err != nil {
		t.Fatal(err)
	}
	// Not the test's own context: that ends before the test's cleanups run.
	ctx, cancel := context.WithTimeout(context.Background(), max(o.patience, 2*patience))
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = o.home
	command.Env = []string{
		"HOME=" + o.home, "KUBECONFIG=" + o.kubeconfig, "PATH=" + os.Getenv("PATH"),
		"USER=sre", "LANG=C.UTF-8", "TERM=xterm", "COLUMNS=300",
	}
	return command
}

// running is a binderctl that has been started.
type running struct {
	t        *testing.T
	operator *operator
	command  *exec.Cmd
	stdout   bytes.Buffer
	stderr   bytes.Buffer
}

// start starts binderctl with nobody at a terminal; with adjusts it before.
func (o *operator) start(t *testing.T, with func(*exec.Cmd), args ...string) *running {
	t.Helper()
	r := &running{t: t, operator: o, command: o.command(t, args...)}
	r.command.Stdout, r.command.Stderr = &r.stdout, &r.stderr
	if with != nil {
		with(r.command)
	}
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// interrupt is a Ctrl-C.
func (r *running) interrupt() { _ = r.command.Process.Signal(syscall.SIGINT) }

// wait returns what came of it.
func (r *running) wait() *result {
	r.t.Helper()
	err := r.command.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		r.t.Fatal(err)
	}
	for _, text := range []string{r.stdout.String(), r.stderr.String()} {
		r.operator.checkSecrets(r.t, text)
		checkClean(r.t, text)
	}
	return &result{
		t: r.t, args: r.command.Args[1:], stdout: r.stdout.String(), stderr: r.stderr.String(),
		code: r.command.ProcessState.ExitCode(), state: r.command.ProcessState,
	}
}

// run runs binderctl to its end.
func (o *operator) run(t *testing.T, args ...string) *result {
	t.Helper()
	return o.start(t, nil, args...).wait()
}

// runWithInput is run with something on stdin.
func (o *operator) runWithInput(t *testing.T, stdin string, args ...string) *result {
	t.Helper()
	return o.start(t, func(c *exec.Cmd) { c.Stdin = strings.NewReader(stdin) }, args...).wait()
}

// result is what came of a call of binderctl.
type result struct {
	t      *testing.T
	args   []string
	stdout string
	stderr string
	code   int // -1 if a signal ended it
	state  *os.ProcessState
}

func (r *result) failf(format string, args ...any) {
	r.t.Helper()
	r.t.Errorf(format, args...)
	r.t.Fatalf("it was: binderctl %s\nexit code %d\nstdout:\n%s\nstderr:\n%s",
		strings.Join(r.args, " "), r.code, excerpt(r.stdout), excerpt(r.stderr))
}

// excerpt is a text, shortened if it is long.
func excerpt(text string) string {
	const most = 6000
	if len(text) <= most {
		return text
	}
	return text[:most/2] + "\n…\n" + text[len(text)-most/2:]
}

// exits checks the exit code.
func (r *result) exits(code int) *result {
	r.t.Helper()
	if r.code != code {
		r.failf("exit code is %d, want %d", r.code, code)
	}
	return r
}

// prints checks stdout for a regular expression.
func (r *result) prints(pattern string) *result {
	r.t.Helper()
	return r.has("stdout", r.stdout, pattern)
}

// printsNothing checks that stdout is empty.
func (r *result) printsNothing() *result {
	r.t.Helper()
	return r.hasNothing("stdout", r.stdout)
}

// says checks stderr for a regular expression.
func (r *result) says(pattern string) *result {
	r.t.Helper()
	return r.has("stderr", r.stderr, pattern)
}

// saysNothing checks that stderr is empty.
func (r *result) saysNothing() *result {
	r.t.Helper()
	return r.hasNothing("stderr", r.stderr)
}

func (r *result) has(stream, text, pattern string) *result {
	r.t.Helper()
	if !regexp.MustCompile("(?m)" + pattern).MatchString(text) {
		r.failf("%s has no %q", stream, pattern)
	}
	return r
}

func (r *result) hasNothing(stream, text string) *result {
	r.t.Helper()
	if text != "" {
		r.failf("%s is not empty", stream)
	}
	return r
}

// lines are the lines of stdout.
func (r *result) lines() []string {
	r.t.Helper()
	text := strings.TrimSuffix(r.stdout, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// rows are the lines of a table without its header.
func (r *result) rows() []string {
	r.t.Helper()
	lines := r.lines()
	if len(lines) == 0 {
		return nil
	}
	return lines[1:]
}

// decode reads stdout as one JSON document.
func (r *result) decode(into any) {
	r.t.Helper()
	decoder := json.NewDecoder(strings.NewReader(r.stdout))
	if err := decoder.Decode(into); err != nil {
		r.failf("stdout is not JSON: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		r.failf("something follows the JSON on stdout")
	}
}
