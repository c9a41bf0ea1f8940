// Kubectl is the upstream kubectl, built from its published library so that
// the benchmark has the same peer on every machine.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	// As in k8s.io/kubernetes/cmd/kubectl, whose module is too heavy to build
	// for this: the error goes through kubectl's own reporting.
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
		os.Exit(1)
	}
}
