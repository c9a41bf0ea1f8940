package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"binderctl":      func() { os.Exit(run()) },
		"kubectl-binder": func() { os.Exit(run()) }, // as kubectl's plugin
	})
}

// TestScripts runs the stories in testdata/script: command lines and what they
// print. Those that need a cluster are in the folder e2e.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":    exits,
			"envsubst": envsubst,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			binders(env)
			return servers(env)
		},
	})
}

// servers starts, for one script, a server that takes connections and never
// answers ($SILENT) and an address where nobody listens ($NOBODY).
func servers(env *testscript.Env) error {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	env.Defer(func() { _ = silent.Close() })
	env.Setenv("SILENT", "http://"+silent.Addr().String())

	// Port 1 is given to nobody, so that no server of another test gets it, as a
	// port might that was free a moment ago.
	env.Setenv("NOBODY", "http://127.0.0.1:1")
	return nil
}

// binders starts, for one script, a BinderHub that is well ($BINDER), one whose
// Hub is down ($HUBLESS), one that refuses launches ($FULL) and one whose servers
// do not stop ($STUCK).
func binders(env *testscript.Env) {
	refuse := func(events ...string) func(*launchtesttest.Stream) {
		return func(s *launchtesttest.Stream) {
			for _, event := range events {
				s.Event(event)
			}
		}
	}
	start := func(variable string, tell func(*launchtesttest.Stream), jupyter launchtesttest.Jupyter) {
		// All is set before it starts: the requests come from another process.
		s := launchtesttest.Prepare()
		s.Tell, s.Jupyter, s.Providers = tell, jupyter, []string{"gh", "git", "gl"}
		s.Start()
		env.Defer(func() {
			s.CloseClientConnections()
			s.Close()
		})
		env.Setenv(variable, s.URL)
	}
	var well launchtesttest.Jupyter
	start("BINDER", launchtesttest.Built, well)
	start("HUBLESS", refuse(`{"phase": "built"}`, `{"phase": "launching", "message": "Launching server...\n"}`,
		`{"phase": "failed", "status_code": 500, "message": "Failed to create temporary user for reg/x\u001b[31m:1\n"}`), well)
	start("FULL", refuse(`{"phase": "failed", "status_code": 429, "message": "Rate limit exceeded. Try again in 3600 seconds.\n"}`), well)
	start("STUCK", launchtesttest.Cached, launchtesttest.Jupyter{NotStopped: true})
	env.Setenv("TOKEN", launchtesttest.Token)
}

// exits runs a program that must end with the given code: exits CODE PROGRAM ARG….
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG…")
	}
	code := 0
	if failed, ok := errors.AsType[*exec.ExitError](ts.Exec(args[1], args[2:]...)); ok {
		code = failed.ExitCode()
	}
	if want := args[0]; want != strconv.Itoa(code) {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// envsubst replaces $VARIABLES in files.
func envsubst(ts *testscript.TestScript, _ bool, files []string) {
	for _, name := range files {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// The flag -update writes what the scripts compare with.
var update = flag.Bool("update", false, "write the scripts' expected output")
