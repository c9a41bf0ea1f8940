package cmd

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/cmd/internal/ui"
)

// versionInfo says which binderctl this is.
type versionInfo struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Client   string `json:"clientGo"` // which Kubernetes it was made for
}

func newVersion(app *App) *cobra.Command {
	format := ui.Table
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which binderctl this is",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			info := versionInfo{version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, moduleVersion("k8s.io/client-go")}
			return ui.PrintDoc(app.Term, format, info, func(w io.Writer, _ bool) error {
				_, err := fmt.Fprintf(w, "binderctl %s (%s, %s, client-go %s)\n", info.Version, info.Go, info.Platform, info.Client)
				return err
			})
		},
	}
	outputFlag(cmd, &format)
	return cmd
}

// version is the module's version, which the Go tool stamps from the tag.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	return cmp.Or(trimDevel(info.Main.Version), "devel")
}

func trimDevel(version string) string {
	if version == "(devel)" {
		return ""
	}
	return version
}

func moduleVersion(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, module := range info.Deps {
		if module.Path == path {
			return module.Version
		}
	}
	return "unknown"
}
