package config

import (
	"fmt"
	"maps"
	"slices"
)

// Template is a configuration file that settles nothing and explains everything.
func Template() string { return templateHead + templateProfiles }

const templateHead = `# What binderctl takes for granted. Each setting is the flag of the same name.
#
# A flag goes before an environment variable such as BINDERCTL_NAMESPACE, that
# before a profile, and that before what stands here by itself. A profile that
# --profile names goes before the environment as well. What counts, and why, says
#
#   binderctl config view

# How long a server may be silent before a request is given up; 0 is for ever.
# request-timeout: 30s

# How many requests are under way side by side at the most.
# max-in-flight: 64

# When to use colour: auto, always or never.
# color: auto

# The cluster. Without these it is the one that kubectl would take, and there the
# namespace where a Hub runs. Where KUBECONFIG is set they do not count.
# kubeconfig: ~/.kube/config
# context: NAME
# namespace: NAME

# How many nodes for users the autoscaler may have, by which it is known how many
# more users fit.
# max-nodes: 15

# What 'incident check' launches, how many times, and how many times more with a
# build, until it calls an incident over.
# launch-repo: binder-examples/requirements
# launches: 2
# fresh-launches: 1
`

const templateProfiles = `
# The profile that counts if neither --profile nor BINDERCTL_PROFILE names one.
# profile: staging

# Settings that belong together, such as those of one member of a federation.
# profiles:
#   staging:
#     context: staging
#     namespace: staging
#     binder-url: https://staging.example.org
#     # The Hub is reached through the API server. Where you may not, name it and
#     # give a token, in the environment variable BINDERCTL_HUB_TOKEN or in a file.
#     hub-url: https://hub.staging.example.org
#     hub-token-file: ~/.config/binderctl/staging.token
`

// Example is a configuration file for the operators of a BinderHub that is
// known by name.
func Example(name string) (string, error) {
	profiles, ok := examples()[name]
	if !ok {
		return "", fmt.Errorf("there is no example %q%s", name, meant(name, Examples()))
	}
	return templateHead + profiles, nil
}

// Examples returns the names of the examples, sorted.
func Examples() []string { return slices.Sorted(maps.Keys(examples())) }

func examples() map[string]string { return map[string]string{"mybinder": mybinder} }

// mybinder are the members of mybinder.org's federation as its deployment names
// them: a member's context, namespace and release have one name. Its script for
// kubeconfigs writes one file a member. There is no default member, so that
// nobody meets the wrong one by leaving a flag out.
const mybinder = `
# The members of mybinder.org's federation. A member's name is that of its
# context and of its namespace. Name the one you mean:
#
#   binderctl --profile staging nodes list
#   export BINDERCTL_PROFILE=hetzner-2i2c
#
# Each member is one node, which no autoscaler adds to: max-nodes. One that has
# grown since is worth a look there.
#
# Where each member has a kubeconfig of its own, add it to the profile:
#
#   kubeconfig: ~/mybinder.org-deploy/secrets/staging-kubeconfig.yaml
#
# The Hub is reached through the API server, which works also while the proxy is
# down. Where you may not, take the sign off hub-url, and give a token in the
# environment variable BINDERCTL_HUB_TOKEN or with hub-token-file.
profiles:
  hetzner-2i2c:
    context: hetzner-2i2c
    namespace: hetzner-2i2c
    binder-url: https://2i2c.mybinder.org
    max-nodes: 1
    # hub-url: https://hub.2i2c.mybinder.org

  hetzner-gesis:
    context: hetzner-gesis
    namespace: hetzner-gesis
    binder-url: https://gesis.mybinder.org
    max-nodes: 1
    # hub-url: https://hub.gesis.mybinder.org

  bids-ovh:
    context: bids-ovh
    namespace: bids-ovh
    binder-url: https://bids.mybinder.org
    max-nodes: 1
    # hub-url: https://hub.bids.mybinder.org

  staging:
    context: staging
    namespace: staging
    binder-url: https://ovh.staging.mybinder.org
    max-nodes: 1
    # hub-url: https://hub.staging.mybinder.org
`
