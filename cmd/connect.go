package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/binderctl/binderctl/cmd/internal/config"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
)

// globalFlags are those that every command has.
type globalFlags struct {
	kube   *genericclioptions.ConfigFlags
	color  ui.ColorMode
	quiet  bool
	config string
	// notDriving is that the operator means to go ahead beside whoever drives the
	// open incident.
	notDriving bool
	// profile is the one that a flag names; config.Settled knows which one counts.
	profile wordFlag
}

// defaultRequestTimeout is how long a server may be silent. kubectl has no
// limit; somebody in an incident would rather know.
const defaultRequestTimeout = "30s"

func (g *globalFlags) add(root *cobra.Command) {
	g.kube = kubeFlags()
	flags := root.PersistentFlags()
	g.kube.AddFlags(flags)
	for name, usage := range map[string]string{
		"kubeconfig":      "read clusters from this `FILE` (default $KUBECONFIG, else ~/.kube/config)",
		"context":         "use the cluster of this `CONTEXT` of the kubeconfig",
		"namespace":       "`NAMESPACE` of the BinderHub (default: the context's, else where a Hub runs)",
		"as":              "act as this `USER`, or as a service account",
		"as-group":        "act as one of this `GROUP`; repeatable",
		"request-timeout": "give a request up after so long a silence (`AGE`); 0 is for ever",
	} {
		flags.Lookup(name).Usage = usage
	}
	flags.Var(&g.color, "color", "when to use colour: auto, always or never")
	flags.BoolVarP(&g.quiet, "quiet", "q", false, "no notes and no progress, only answers, warnings and errors")
	flags.BoolVar(&g.notDriving, "not-driving", false, "go ahead although somebody else drives an open incident")
	flags.StringVar(&g.config, "config", "", "configuration `FILE` (default $XDG_CONFIG_HOME/binderctl/config.yaml)")
	flags.Var(&g.profile, config.Profile, "settings of this `NAME` in the configuration, such as a federation member")
}

// kubeFlags are kubectl's flags for which cluster, as whom and where: those
// that an operator types. The rest belongs in a kubeconfig.
func kubeFlags() *genericclioptions.ConfigFlags {
	all := genericclioptions.NewConfigFlags(true)
	timeout := defaultRequestTimeout
	return &genericclioptions.ConfigFlags{
		KubeConfig:       all.KubeConfig,
		Context:          all.Context,
		Namespace:        all.Namespace,
		Impersonate:      all.Impersonate,
		ImpersonateGroup: all.ImpersonateGroup,
		Timeout:          &timeout,
	}
}

// check looks at what the flags' own types do not.
func (g *globalFlags) check() error {
	if _, err := clientcmd.ParseTimeout(*g.kube.Timeout); err != nil {
		return fmt.Errorf("--request-timeout %q: want a duration such as 30s", *g.kube.Timeout)
	}
	return nil
}

// Connect prepares a client for the cluster that the flags name.
func (app *App) Connect(ctx context.Context) (*cluster.Client, error) {
	client, err := app.dial()
	if err != nil {
		return nil, err
	}
	if err := app.settleNamespace(ctx, client); err != nil {
		return nil, err
	}
	return client, app.onWalk(client.Where)
}

func (app *App) dial() (*cluster.Client, error) {
	loader := app.global.kube.ToRawKubeConfigLoader()
	client, err := cluster.Connect(loader, cluster.Options{
		Context:   *app.global.kube.Context,
		UserAgent: "binderctl/" + version(),
		Warn:      func(text string) { app.Term.Warn("the server says: %s", text) },
		Now:       app.Now,
	})
	if named := app.Getenv("KUBECONFIG"); errors.Is(err, cluster.ErrNoConfig) && named != "" && *app.global.kube.KubeConfig == "" {
		return nil, fmt.Errorf("%w in %s, which KUBECONFIG names%s", err, named, ifMissing(named))
	}
	if err != nil {
		return nil, whichContext(err, loader, *app.global.kube.Context)
	}
	app.home = client.Where.Namespace
	return client, app.onWalk(client.Where)
}

// onWalk refuses to take a step of a runbook elsewhere than the walk is: each step
// reads the kubeconfig anew, and in another window somebody may have chosen another
// context meanwhile. A namespace that is not known yet is looked at later.
func (app *App) onWalk(where cluster.Location) error {
	if app.bound == nil || where.Server == app.bound.Server && (where.Namespace == "" || where.Namespace == app.bound.Namespace) {
		return nil
	}
	return hintError{
		fmt.Errorf("this run is for context %s, server %s, namespace %s, and the kubeconfig leads to context %s, server %s, namespace %s by now",
			app.bound.Context, app.bound.Server, app.bound.Namespace, where.Context, where.Server, where.Namespace),
		"nothing was done there; --context and -n keep a run where it is",
	}
}

// ifMissing says of the files that KUBECONFIG names if none of them is there, which
// client-go takes for an empty one.
func ifMissing(named string) string {
	for _, file := range filepath.SplitList(named) {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			return ""
		}
	}
	return " and which is not there"
}

// place says how the namespace came to be known.
type place int

const (
	placeNamed   place = iota // by a flag, a setting or the context
	placeFound                // as the only one with a Hub
	placeUnknown              // not at all: it is "default"
)

// settleNamespace looks for the Hub's namespace when neither a flag nor the
// context names one, so that the first call on an unknown cluster just works.
func (app *App) settleNamespace(ctx context.Context, client *cluster.Client) error {
	if app.place = placeNamed; client.Where.Namespace != "" {
		return nil
	}
	client.Where.Namespace, app.place = metav1.NamespaceDefault, placeUnknown
	found, err := client.HubNamespaces(ctx)
	switch {
	case err != nil, len(found) == 0:
		return nil //nolint:nilerr // the command's own request will tell what is wrong
	case len(found) > 1:
		return usagef("several namespaces have a Hub, so name one with -n: %s", strings.Join(found, ", "))
	}
	client.Where.Namespace, app.place = found[0], placeFound
	app.Term.Say("using namespace %s, where the Hub runs", found[0])
	return nil
}

// mustKnowPlace refuses to change anything in a namespace that was only guessed,
// where nobody is asked, or where nothing tells that a BinderHub is there.
func (app *App) mustKnowPlace(client *cluster.Client, yes, changes bool) error {
	switch {
	case app.place == placeNamed, !changes:
		return nil
	case app.place == placeUnknown:
		return usagef("no namespace is named, and none with a Hub was found: name the BinderHub's with -n")
	case yes:
		return usagef("with --yes nobody looks at the namespace %s, which was only found: name it with -n", client.Where.Namespace)
	default:
		return nil
	}
}
