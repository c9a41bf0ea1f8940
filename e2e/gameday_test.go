// Package e2e tells, as tests, what operators live through: the real binderctl
// against the real control plane of a game day. `make test-gameday` builds both
// and runs it.
//
// The incidents, and what breaks the API server, have a control plane of their
// own. All other tests share one, each in a namespace of its own, side by side.
package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests mostly wait for a server: more run side by side than there are
	// processors, unless -parallel says otherwise.
	if !slices.ContainsFunc(os.Args, func(s string) bool { return strings.Contains(s, "test.parallel") }) {
		if err := flag.Set("test.parallel", "6"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if err := endShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// binary is the path of a program that `make build` makes.
func binary(name string) (string, error) {
	path, err := filepath.Abs(filepath.Join("..", "bin", name))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w; run: make build", err)
	}
	return path, nil
}

// gameDay is a control plane that runs.
type gameDay struct {
	dir        string
	kubeconfig string
	config     *rest.Config // of the admin
	kube       kubernetes.Interface
	meta       metadata.Interface

	keeper *exec.Cmd
	leash  io.Closer
	errors *bytes.Buffer // of the keeper
}

// keep brings a game day up and ends it when its stdin does: however this test
// ends, also if it is killed, nothing keeps running.
const keep = `"$0" up "$1" --dir "$2" --name "$3" </dev/null >/dev/null && echo up && cat >/dev/null; exec "$0" -q down --dir "$2"`

// startGameDay starts a game day of a scenario, by name or file, in a folder
// that must not exist yet.
func startGameDay(scenario, dir, name string) (*gameDay, error) {
	program, err := binary("gameday")
	if err != nil {
		return nil, err
	}
	if _, err := binary("gameday-kwok"); err != nil {
		return nil, err
	}
	d := &gameDay{dir: dir, kubeconfig: filepath.Join(dir, "kubeconfig"), errors: &bytes.Buffer{}}
	d.keeper = exec.Command("sh", "-c", keep, program, scenario, dir, name)
	d.keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a Ctrl-C is for this process to handle
	d.keeper.Stderr = d.errors
	if d.leash, err = d.keeper.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := d.keeper.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.keeper.Start(); err != nil {
		return nil, err
	}
	if line, _ := bufio.NewReader(stdout).ReadString('\n'); line != "up\n" {
		return nil, fmt.Errorf("start game day: %w\n%s", errors.Join(d.keeper.Wait()), d.errors)
	}
	return d, d.connect()
}

func (d *gameDay) connect() error {
	var err error
	if d.config, err = clientcmd.BuildConfigFromFlags("", d.kubeconfig); err != nil {
		return err
	}
	d.config.QPS, d.config.WarningHandler = -1, rest.NoWarnings{}
	if d.meta, err = metadata.NewForConfig(d.config); err != nil {
		return err
	}
	typed := rest.CopyConfig(d.config)
	typed.ContentType = runtime.ContentTypeProtobuf
	d.kube, err = kubernetes.NewForConfig(typed)
	return err
}

// end ends the game day and returns when nothing of it runs any more.
func (d *gameDay) end() error {
	_ = d.leash.Close()
	if err := d.keeper.Wait(); err != nil {
		return fmt.Errorf("end game day: %w\n%s", err, d.errors)
	}
	return nil
}

// ownGameDay is a game day for one test.
func ownGameDay(t *testing.T, scenario string) *gameDay {
	t.Helper()
	if !strings.Contains(scenario, "\n") {
		return started(t)(startGameDay(scenario, filepath.Join(t.TempDir(), "gameday"), scenario))
	}
	file := writeFile(t, "scenario.yaml", scenario)
	return started(t)(startGameDay(file, filepath.Join(t.TempDir(), "gameday"), "own"))
}

func started(t *testing.T) func(*gameDay, error) *gameDay {
	t.Helper()
	return func(d *gameDay, err error) *gameDay {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.end(); err != nil {
				t.Error(err)
			}
		})
		return d
	}
}

// The game day that most tests share, begun by the first that needs it.
var (
	sharedOnce = sync.OnceValues(startShared)
	sharedDir  string
	sharedDay  *gameDay
)

const sharedScenario = "title: Shared\nnamespace: shared\n"

func startShared() (d *gameDay, err error) {
	if sharedDir, err = os.MkdirTemp("", "binderctl-e2e-"); err != nil {
		return nil, err
	}
	file := filepath.Join(sharedDir, "shared.yaml")
	if err := os.WriteFile(file, []byte(sharedScenario), 0o600); err != nil {
		return nil, err
	}
	sharedDay, err = startGameDay(file, filepath.Join(sharedDir, "gameday"), "shared")
	return sharedDay, err
}

func endShared() error {
	if sharedDir == "" {
		return nil
	}
	var err error
	if sharedDay != nil {
		err = sharedDay.end()
	}
	return errors.Join(err, os.RemoveAll(sharedDir))
}

// gameday runs a command of gameday on this one. A nil error is exit code 0.
func (d *gameDay) gameday(args ...string) error {
	program, err := binary("gameday")
	if err != nil {
		return err
	}
	command := exec.Command(program, append([]string{"--quiet", "--dir", d.dir}, args...)...)
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("gameday %s: %w\n%s", strings.Join(args, " "), err, said)
	}
	return nil
}

// load adds a scenario to the game day.
func (d *gameDay) load(t *testing.T, scenario string) {
	t.Helper()
	if err := d.gameday("load", writeFile(t, "scenario.yaml", scenario)); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// patience is how long a test waits for what must come. Nothing comes to an end
// by it, but a failure.
const patience = 90 * time.Second

// eventually waits until check holds.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !check() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited %s in vain until %s", patience, what)
		}
	}
}
