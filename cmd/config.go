package cmd

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/config"
)

func newConfig(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "See and begin the settings that binderctl takes for granted",
		Args:  knownCommand,
		RunE:  help,
	}
	cmd.AddCommand(newConfigView(app), newConfigInit(app))
	return cmd
}

// loadConfig reads the configuration file: the one that a flag names, which must
// be there, or the usual one, which need not.
func (app *App) loadConfig() (*config.File, error) {
	file, err := config.Load(app.configPath(), app.global.config != "", app.Getenv)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, hintError{err, "begin one with: " + app.initCall()}
	case err != nil:
		return nil, hintError{err, "mend it, or begin anew with: " + app.initCall() + " --force"}
	default:
		return file, nil
	}
}

// initCall is the call that writes the configuration file of this one.
func (app *App) initCall() string {
	words := []string{"config", "init"}
	if app.global.config != "" {
		words = append(words, "--config", app.global.config)
	}
	return app.program() + " " + typed(words)
}

// configPath is where the configuration file is, or would be.
func (app *App) configPath() string {
	if named := app.global.config; named != "" {
		return named
	}
	return config.DefaultPath(app.Getenv)
}

// profileNames are the profiles of the configuration file.
func (app *App) profileNames() []string {
	file, err := app.loadConfig()
	if err != nil {
		return nil
	}
	return file.ProfileNames()
}
