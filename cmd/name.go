package cmd

import (
	"cmp"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

const (
	ownName = "binderctl"
	// pluginFile is what kubectl looks for when it is told "kubectl binder", and
	// pluginName is that.
	pluginFile = "kubectl-binder"
	pluginName = "kubectl binder"
)

// CalledAs is the name of the program as the operator typed it, by the name of
// the file that was run.
func CalledAs(file string) string {
	base := strings.TrimSuffix(strings.ToLower(filepath.Base(file)), ".exe")
	if base == pluginFile {
		return pluginName
	}
	return ownName
}

// program is what the operator types to run binderctl.
func (app *App) program() string { return cmp.Or(app.Name, ownName) }

// rename has usage lines, help and examples call the program what the operator
// does.
func rename(root *cobra.Command, name string) {
	if name == ownName {
		return
	}
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: name}
	renameBelow(root, strings.NewReplacer(ownName+" ", name+" "))
}

func renameBelow(cmd *cobra.Command, names *strings.Replacer) {
	cmd.Long, cmd.Example = names.Replace(cmd.Long), names.Replace(cmd.Example)
	for _, child := range cmd.Commands() {
		renameBelow(child, names)
	}
}
