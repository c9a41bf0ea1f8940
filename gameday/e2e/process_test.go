package e2e

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// start starts the binary without waiting for it.
func (g gameday) start(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), g.path, append(args, "--dir", g.dir)...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command
}

// supervisor is the process id of the game day's supervisor.
func (g gameday) supervisor(t *testing.T) int {
	t.Helper()
	for _, line := range g.processes(t) {
		fields := strings.Fields(line)
		if len(fields) > 2 && fields[2] == "supervise" {
			number, err := strconv.Atoi(fields[0])
			if err != nil {
				t.Fatal(err)
			}
			return number
		}
	}
	t.Fatal("there is no supervisor")
	return 0
}
