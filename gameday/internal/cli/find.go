package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/internal/plane"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/supervisor"
	"github.com/binderctl/binderctl/gameday/scenarios"
)

// KwokBinary is the program beside this one that plays the kubelets.
const KwokBinary = "gameday-kwok"

// binaries finds the programs: this one, and the one beside it or where
// GAMEDAY_KWOK says.
func binaries() (plane.Binaries, error) {
	own, err := os.Executable()
	if err != nil {
		return plane.Binaries{}, fmt.Errorf("find programs: %w", err)
	}
	kwok := cmp.Or(os.Getenv("GAMEDAY_KWOK"), filepath.Join(filepath.Dir(own), KwokBinary))
	if _, err := os.Stat(kwok); err != nil {
		return plane.Binaries{}, fmt.Errorf("find programs: %w; build it beside gameday, or set GAMEDAY_KWOK", err)
	}
	return plane.Binaries{Gameday: own, Kwok: kwok}, nil
}

// readScenario reads an embedded scenario, or one from a file, and returns its
// name too.
func readScenario(what string) (*scenario.Scenario, string, []byte, error) {
	name, content, err := what, []byte(nil), error(nil)
	if isFile := strings.ContainsAny(what, "/.") || filepath.Ext(what) != ""; isFile {
		content, err = os.ReadFile(what)
		name = strings.TrimSuffix(filepath.Base(what), filepath.Ext(what))
	} else {
		content, err = scenarios.Read(what)
	}
	if err != nil {
		return nil, "", nil, fmt.Errorf("read scenario: %w", err)
	}
	parsed, err := scenario.Decode(what, content)
	return parsed, name, content, err
}

// oneScenario wants the name of a scenario, or a file.
func oneScenario(_ *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return fmt.Errorf("which scenario? one of %s, or a file", strings.Join(scenarios.Names(), ", "))
}

// place is the folder of a game day of some name.
func (a *app) place(name string) (state.Dir, error) {
	if a.dir != "" {
		path, err := filepath.Abs(a.dir)
		return state.Dir(path), err
	}
	root, err := state.Root()
	return state.Dir(filepath.Join(root, name)), err
}

// find is the folder of the game day that is meant: the one named, or the only
// one there is.
func (a *app) find() (state.Dir, error) {
	if a.dir != "" || a.name != "" {
		return a.place(a.name)
	}
	all, err := known()
	if err != nil {
		return "", err
	}
	switch len(all) {
	case 0:
		return "", errNone
	case 1:
		return all[0], nil
	}
	return "", fmt.Errorf("find game day: there are several: %s; say which with --name", names(all))
}

var errNone = errors.New("no game day is running; start one with: gameday up too-many-pods")

// known lists the folders of game days, running or not.
func known() ([]state.Dir, error) {
	root, err := state.Root()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list game days: %w", err)
	}
	var all []state.Dir
	for _, entry := range entries {
		if entry.IsDir() {
			all = append(all, state.Dir(filepath.Join(root, entry.Name())))
		}
	}
	return all, nil
}

func names(dirs []state.Dir) string {
	var all []string
	for _, dir := range dirs {
		all = append(all, filepath.Base(string(dir)))
	}
	return strings.Join(all, ", ")
}

// running reads the info of a game day, which must run.
func running(dir state.Dir) (state.Info, error) {
	alive, err := supervisor.Alive(string(dir))
	if err != nil {
		return state.Info{}, err
	}
	if !alive {
		return state.Info{}, errNone
	}
	return dir.ReadInfo()
}
