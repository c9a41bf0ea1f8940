package cmd

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

// completionTime is how long a shell waits for names from the cluster before
// it goes without.
const completionTime = 300 * time.Millisecond

// completeWith offers fixed words after a flag.
func completeWith(cmd *cobra.Command, flag string, words []string) {
	must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)))
}

// namesOf reads names from a cluster.
type namesOf func(context.Context, *cluster.Client) ([]string, error)

// completeFrom offers names from the cluster after a flag.
func completeFrom(app *App, cmd *cobra.Command, flag string, names namesOf) {
	must(cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return app.liveNames(cmd, prefix, names), cobra.ShellCompDirectiveNoFileComp
	}))
}

// must stops on what can only be a mistake of ours: a completion for a flag
// that the command does not have.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// liveNames returns what names reads that begins with prefix, or nothing if the
// cluster does not answer in time.
func (app *App) liveNames(cmd *cobra.Command, prefix string, names namesOf) []string {
	if app.configure(cmd) != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	answer := make(chan []string, 1)
	go func() { // a credential plugin does not heed the context
		answer <- app.readNames(ctx, names)
	}()
	select {
	case found := <-answer:
		found = slices.DeleteFunc(found, func(name string) bool { return !strings.HasPrefix(name, prefix) })
		slices.Sort(found)
		return slices.Compact(found)
	case <-ctx.Done():
		return nil
	}
}

func (app *App) readNames(ctx context.Context, names namesOf) []string {
	client, err := app.dial()
	if err != nil {
		return nil
	}
	found, err := names(ctx, client)
	if err != nil {
		return nil
	}
	return found
}

// namesAtMost is how many names a shell is offered: more is no help.
const namesAtMost = 1000

func nodeNames(ctx context.Context, c *cluster.Client) ([]string, error) {
	nodes, err := c.Kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: namesAtMost})
	if err != nil {
		return nil, err
	}
	names := make([]string, len(nodes.Items))
	for i := range nodes.Items {
		names[i] = nodes.Items[i].Name
	}
	return names, nil
}

func namespaceNames(ctx context.Context, c *cluster.Client) ([]string, error) {
	namespaces, err := c.Kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: namesAtMost})
	if err != nil {
		return nil, err
	}
	names := make([]string, len(namespaces.Items))
	for i := range namespaces.Items {
		names[i] = namespaces.Items[i].Name
	}
	return names, nil
}

// repoNames are the repositories that run in the namespace now.
func repoNames(ctx context.Context, c *cluster.Client) ([]string, error) {
	counter := pods.NewCounter(pods.KeyRepo, c.ServerNow)
	_, err := pods.List(ctx, c, c.Where.Namespace, pods.Filter{Group: pods.Users}, counter.Reset, counter.Add)
	var names []string
	for _, count := range counter.Counts() {
		if strings.Contains(count.Value, "/") {
			names = append(names, count.Value)
		}
	}
	return names, err
}

// contextNames are the contexts of the kubeconfig; no cluster is asked.
func (app *App) contextNames() []string {
	raw, err := app.global.kube.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil
	}
	var names []string
	for name := range raw.Contexts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// completeGlobals sets the completion of the flags that every command has.
func (app *App) completeGlobals(root *cobra.Command) {
	completeFrom(app, root, "namespace", namespaceNames)
	completeWith(root, "color", []string{"auto", "always", "never"})
	completeOffline(root, "context", app.contextNames)
	completeOffline(root, "profile", app.profileNames)
}

// completeOffline offers names after a flag for which no cluster is asked.
func completeOffline(cmd *cobra.Command, flag string, names func() []string) {
	must(cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return names(), cobra.ShellCompDirectiveNoFileComp
	}))
}
