// Package component holds what runs in the child processes: the real etcd,
// kube-apiserver, kube-controller-manager and kube-scheduler, linked in, and the
// stand-in for a Hub.
package component

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // the components' own mains load it too
	_ "k8s.io/component-base/metrics/prometheus/version"  // the same
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// The components that this binary contains.
const (
	Etcd              = "etcd"
	APIServer         = "apiserver"
	ControllerManager = "controller-manager"
	Scheduler         = "scheduler"
	Hub               = "hub"
	Binder            = "binder"
	Drill             = "drill"
)

// Run is the whole life of a component's process; it returns its exit code.
func Run(name string, args []string) int {
	command, err := construct(name)
	if err != nil {
		return cli.Run(&cobra.Command{RunE: func(*cobra.Command, []string) error { return err }})
	}
	command.SetArgs(args)
	return cli.Run(command)
}

// construct makes the chosen component's command and no other: the API
// server's constructor claims the process's one signal handler, and a second
// claim panics.
func construct(name string) (*cobra.Command, error) {
	switch name {
	case Etcd:
		return newEtcdCommand(), nil
	case APIServer:
		return apiserver.NewAPIServerCommand(), nil
	case ControllerManager:
		return controllermanager.NewControllerManagerCommand(), nil
	case Scheduler:
		return scheduler.NewSchedulerCommand(), nil
	case Hub:
		return newStandIn(Hub, "A stand-in for JupyterHub, KubeSpawner and their proxy", "config", "file with its settings", runHub), nil
	case Binder:
		return newStandIn(Binder, "A stand-in for BinderHub and what is behind the address of its users", "config", "file with its settings", runBinder), nil
	case Drill:
		return newStandIn(Drill, "Notes what becomes of a drill", "dir", "the game day's folder", runDrill), nil
	}
	return nil, fmt.Errorf("run component: there is no %q", name)
}
