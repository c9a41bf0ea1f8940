package cmd

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

const rbacLong = `Print the smallest role with which a command works, to apply with kubectl.

What is in a namespace comes as a Role, for the namespace of the BinderHub; what
is not, such as nodes, or is read in all namespaces, as a ClusterRole. A command
that is not about nodes works without the latter, and sees or explains less.`

const rbacExample = `  # Let the group oncall cull pods
  binderctl rbac pods cull | kubectl apply -n prod -f -
  kubectl create rolebinding -n prod oncall --role binderctl-pods-cull --group oncall`

func newRBAC(app *App) *cobra.Command {
	return &cobra.Command{
		Use:     "rbac COMMAND…",
		Short:   "Print the smallest role with which a command works",
		Long:    rbacLong,
		Example: rbacExample,
		Args: func(_ *cobra.Command, words []string) error {
			if len(words) == 0 {
				return errors.New("want a command, such as pods cull")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, words []string) error {
			found, err := commandOf(cmd.Root(), words)
			if err != nil {
				return err
			}
			needs := needsOf(found)
			if len(needs) == 0 {
				return usagef("%s asks nothing of a cluster; its commands may: %s", found.CommandPath(), found.CommandPath()+" --help")
			}
			return writeRoles(app.Term.Out, found, needs)
		},
		ValidArgsFunction: completeCommands,
	}
}

// completeCommands offers the commands that need something.
func completeCommands(cmd *cobra.Command, words []string, _ string) ([]string, cobra.ShellCompDirective) {
	parent, rest, err := cmd.Root().Find(words)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, child := range parent.Commands() {
		if len(needsOf(child)) > 0 || child.HasSubCommands() {
			names = append(names, child.Name()+"\t"+child.Short)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// roleName is the name of a command's role, however the program is called.
func roleName(cmd *cobra.Command) string {
	path := strings.Replace(cmd.CommandPath(), cmd.Root().CommandPath(), ownName, 1)
	return strings.ReplaceAll(path, " ", "-")
}

// writeRoles writes a command's Role and, if it needs one, its ClusterRole.
func writeRoles(w io.Writer, cmd *cobra.Command, needs []need) error {
	var documents []string
	for _, kind := range []string{"Role", "ClusterRole"} {
		var rules strings.Builder
		for _, n := range needs {
			if n.Cluster == (kind == "ClusterRole") {
				rules.WriteString(n.rule())
			}
		}
		if rules.Len() > 0 {
			documents = append(documents, fmt.Sprintf("apiVersion: rbac.authorization.k8s.io/v1\nkind: %s\nmetadata:\n  name: %s\nrules:\n%s", kind, roleName(cmd), rules.String()))
		}
	}
	_, err := fmt.Fprintf(w, "# What `%s` needs.\n%s", cmd.CommandPath(), strings.Join(documents, "---\n"))
	return err
}

// rule is the rule that grants a need. One that a flag alone has is a comment:
// whoever wants it to be granted takes the sign away.
func (n need) rule() string {
	names := ""
	if len(n.Names) > 0 {
		names = fmt.Sprintf("  resourceNames: [%s]\n", strings.Join(n.Names, ", "))
	}
	lines := fmt.Sprintf("- apiGroups: [%q]\n  resources: [%s]\n%s  verbs: [%s]\n", n.Group, n.Resource, names, strings.Join(n.Verbs, ", "))
	sign, why := "  ", n.Why
	if n.Flag != "" {
		sign, why = "  # ", n.Why+"; for "+n.Flag+" alone, so left out"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  # %s\n", why)
	for line := range strings.Lines(lines) {
		b.WriteString(sign + line)
	}
	return b.String()
}
