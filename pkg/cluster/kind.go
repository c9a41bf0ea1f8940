package cluster

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kind says what a pod of a BinderHub is for.
type Kind string

// The kinds of pod a BinderHub has.
const (
	User        Kind = "user"        // a user's server, made by KubeSpawner
	Build       Kind = "build"       // an image build, made by BinderHub
	Hub         Kind = "hub"         // JupyterHub itself
	Proxy       Kind = "proxy"       // configurable-http-proxy and its helpers
	Binder      Kind = "binder"      // BinderHub itself
	Builder     Kind = "builder"     // the container engine that builds use, one a node
	Cleaner     Kind = "cleaner"     // removes images from full nodes, and cordons them meanwhile
	Scheduler   Kind = "scheduler"   // the user scheduler
	Placeholder Kind = "placeholder" // holds room for users; gives way to them
	Puller      Kind = "puller"      // pulls images ahead of users
	Other       Kind = "other"       // anything else
)

// Labels and annotations by which the charts and KubeSpawner mark their pods.
const (
	appLabel         = "app"
	componentLabel   = "component"
	standardLabel    = "app.kubernetes.io/component"
	UsernameKey      = "hub.jupyter.org/username"   // annotation: the raw user name; the label of that name is escaped
	ServernameKey    = "hub.jupyter.org/servername" // annotation: the raw server name, absent for the default server
	buildRepoKey     = "binder-repo"                // annotation of a build: the repository's URL
	userComponent    = "singleuser-server"
	buildComponent   = "binderhub-build"
	cleanerComponent = "image-cleaner"
	jupyterhubApp    = "jupyterhub"
	notebookName     = "notebook"
	builderName      = "builder"
	repoURLVariable  = "BINDER_REPO_URL"
)

// Selectors that find pods of one kind on every version of the charts.
const (
	UserSelector      = componentLabel + "=" + userComponent
	BuildSelector     = componentLabel + "=" + buildComponent
	UserBuildSelector = componentLabel + " in (" + userComponent + "," + buildComponent + ")"
	CleanerSelector   = componentLabel + "=" + cleanerComponent
	BinderSelector    = componentLabel + "=binder"
)

// KindOf says what a pod is for, by its labels.
func KindOf(pod *corev1.Pod) Kind { return kindOf(pod.Labels) }

// kindOf knows the component labels of zero-to-jupyterhub 0.11 to 4.4 and of
// the binderhub charts that used them.
func kindOf(labels map[string]string) Kind {
	component := labels[componentLabel]
	if component == "" {
		component = labels[standardLabel]
	}
	switch component {
	case userComponent:
		return User
	case buildComponent:
		return Build
	case "hub":
		return Hub
	case "proxy", "autohttps", "proxy-patches":
		return Proxy
	case "binder":
		return Binder
	case "image-builder", "dind":
		return Builder
	case cleanerComponent:
		return Cleaner
	case "user-scheduler":
		return Scheduler
	case "user-placeholder":
		return Placeholder
	case "image-puller", "continuous-image-puller", "hook-image-puller":
		return Puller
	default:
		return Other
	}
}

// Infrastructure reports whether pods of this kind keep the service itself
// running, as opposed to serving one user or one build.
func (k Kind) Infrastructure() bool {
	switch k {
	case User, Build, Other:
		return false
	default:
		return true
	}
}

// Doubt says why a pod that looks like a user's server or a build may not be
// one, or "" when there is no doubt. Nothing with a doubt is ever deleted.
//
// A user's pod carries both labels that BinderHub's own quota counts by, has
// the annotation that KubeSpawner has set since 0.10, and nobody controls it.
// A build has BinderHub's label and nobody controls it either.
func Doubt(pod *corev1.Pod) string {
	if owner := metav1.GetControllerOf(pod); owner != nil {
		return "controlled by " + owner.Kind + " " + owner.Name
	}
	switch {
	case pod.Labels[componentLabel] == buildComponent:
		return ""
	case pod.Labels[componentLabel] != userComponent:
		return "no label " + UserSelector
	case pod.Labels[appLabel] != jupyterhubApp:
		return "no label " + appLabel + "=" + jupyterhubApp
	case pod.Annotations[UsernameKey] == "":
		return "no annotation " + UsernameKey
	}
	return ""
}
