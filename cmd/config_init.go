package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/config"
	"github.com/binderctl/binderctl/cmd/internal/ui"
)

const configInitLong = `Write a configuration file that explains each setting, to
$XDG_CONFIG_HOME/binderctl/config.yaml or to where --config says, and print its
name. It settles nothing until you take the signs off.

With --example it has a profile for each member of a federation that is known by
name, to choose from with --profile.`

const configInitExample = `  # Begin with an empty one
  binderctl config init

  # Operate mybinder.org
  binderctl config init --example mybinder
  binderctl --profile staging nodes list`

type configInitOptions struct {
	example string
	force   bool
}

func newConfigInit(app *App) *cobra.Command {
	var opts configInitOptions
	cmd := &cobra.Command{
		Use:     "init [flags]",
		Short:   "Write a configuration file that explains each setting",
		Long:    configInitLong,
		Example: configInitExample,
		Args:    noArguments,
		// In place of the root's: the file is not there yet, or is to be replaced.
		PersistentPreRunE: func(*cobra.Command, []string) error {
			app.Term.Configure(ui.Options{Color: app.global.color, Quiet: app.global.quiet})
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return configInit(app, opts) },
	}
	names := strings.Join(config.Examples(), ", ")
	cmd.Flags().StringVar(&opts.example, "example", "", "with profiles for the members of `NAME`: "+names)
	cmd.Flags().BoolVar(&opts.force, "force", false, "replace a file that is there; it is kept, with .old behind its name")
	completeWith(cmd, "example", config.Examples())
	return cmd
}

func configInit(app *App, opts configInitOptions) error {
	text := config.Template()
	if opts.example != "" {
		example, err := config.Example(opts.example)
		if err != nil {
			return usageError{err}
		}
		text = example
	}
	path := app.configPath()
	if path == "" {
		return usagef("neither HOME nor XDG_CONFIG_HOME says where to write it: name a file with --config")
	}
	err := writeConfig(path, text, opts.force)
	if errors.Is(err, fs.ErrExist) {
		return hintError{usagef("there is a configuration already: %s", path), "see what counts with " + app.again("config", "view") + ", or replace it with --force"}
	}
	if err != nil {
		return err
	}
	if opts.force {
		app.Term.Say("what was there before, if anything, is kept in %s.old", path)
	}
	app.Term.Say("wrote a configuration; edit it, and see what counts: %s", app.again("config", "view"))
	_, err = fmt.Fprintln(app.Term.Out, path)
	return err
}

// writeConfig writes a file that only its owner can read, for it may name
// clusters. One that is there is replaced only by force, and even then kept.
func writeConfig(path, text string, force bool) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	if force {
		if err := os.Rename(path, path+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keep the old configuration: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write configuration %s: %w", path, err)
	}
	return nil
}
