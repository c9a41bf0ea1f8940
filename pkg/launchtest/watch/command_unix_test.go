//go:build unix

package watch

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCommand(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "said")
	c := NewCommand(`{ env | grep ^BINDERCTL_ALERT_ | sort; cat; } > `+path, time.Minute)
	if err := c.Send(t.Context(), alertOf("it said\x1b[31m \"no\"\x00\n; and $(touch x)")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"BINDERCTL_ALERT_EVENT=failing\n", "BINDERCTL_ALERT_MEMBER=gesis\n", "BINDERCTL_ALERT_STAGE=image pull\n",
		"BINDERCTL_ALERT_SAYS=it said[31m \"no\" ; and $(touch x)\n", `"event":"failing"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it was not given %q:\n%s", want, text)
		}
	}
}

func TestCommandInheritsNoSecret(t *testing.T) {
	t.Setenv("SECRET_HOOK", "s3cr3t")
	c := NewCommand(`test -z "$SECRET_HOOK" && test -n "$PATH"`, time.Minute, "SECRET_HOOK")
	if err := c.Send(t.Context(), alertOf("")); err != nil {
		t.Error(err)
	}
}

func TestCommandThatFails(t *testing.T) {
	t.Parallel()
	err := NewCommand("echo nobody is on call >&2; exit 4", time.Minute).Send(t.Context(), alertOf(""))
	if err == nil || !errors.Is(err, ErrFinal) || !strings.Contains(err.Error(), "exit status 4: nobody is on call") {
		t.Errorf("error %v", err)
	}
}

func TestCommandIsKilledWithWhatItStarted(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	err := NewCommand("sleep 60 & sleep 60", 50*time.Millisecond).Send(t.Context(), alertOf(""))
	if err == nil || !strings.Contains(err.Error(), "took longer than 50ms and was killed") {
		t.Errorf("error %v", err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it was waited for %s", took)
	}
}
