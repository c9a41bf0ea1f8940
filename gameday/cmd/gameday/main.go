// Command gameday replays the incidents of BinderHubs on a real Kubernetes
// control plane that runs on this machine, without containers.
package main

import (
	"os"

	"github.com/binderctl/binderctl/gameday/internal/cli"
	"github.com/binderctl/binderctl/gameday/internal/component"
	"github.com/binderctl/binderctl/gameday/internal/orphan"
)

func main() {
	// A component must be alone in its process: it takes the signals, the
	// flags and the logging for itself.
	if len(os.Args) > 2 && os.Args[1] == cli.ComponentCommand {
		orphan.Watch(os.Stdin, func() { os.Exit(1) })
		os.Exit(component.Run(os.Args[2], os.Args[3:]))
	}
	os.Exit(cli.Main(os.Args[1:]))
}
