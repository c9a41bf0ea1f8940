// Package scenario reads the description of an incident: what the cluster looks
// like when the pager goes, and when the incident is over.
package scenario

import (
	corev1 "k8s.io/api/core/v1"
)

// Scenario is one incident. README.md describes the fields.
type Scenario struct {
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	Incident    string `yaml:"incident"` // the report's date and name
	Seed        uint64 `yaml:"seed"`     // of names and of everything else made up
	Namespace   string `yaml:"namespace"`
	Release     string `yaml:"release"`     // of the Helm chart; the namespace by default
	ImagePrefix string `yaml:"imagePrefix"` // of the images that BinderHub builds
	Kubespawner string `yaml:"kubespawner"` // "6" or "7": how user pods are named and labelled

	Nodes      []NodePool  `yaml:"nodes"`
	Repos      []Repo      `yaml:"repos"`
	UserPods   []UserPods  `yaml:"userPods"`
	BuildPods  []BuildPods `yaml:"buildPods"`
	Workloads  []Workload  `yaml:"workloads"`
	Services   []Service   `yaml:"services"`
	Hub        *Hub        `yaml:"hub"`    // none by default
	Binder     *Binder     `yaml:"binder"` // none by default
	Events     []Event     `yaml:"events"`
	Manifests  []Object    `yaml:"manifests"`  // created through the API server
	RawObjects []Object    `yaml:"rawObjects"` // written into etcd as they are
	Recovered  []Condition `yaml:"recovered"`
	Drill      *Drill      `yaml:"drill"` // none by default
}

// NodePool is a number of like nodes.
type NodePool struct {
	Pool        string            `yaml:"pool"`
	Count       int               `yaml:"count"`
	Name        string            `yaml:"name"` // {index} and {random} make it unique
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
	Zone        string            `yaml:"zone"`
	Machine     string            `yaml:"machine"`
	Capacity    *Room             `yaml:"capacity"` // as allocatable by default
	Allocatable Room              `yaml:"allocatable"`
	Age         Ages              `yaml:"age"`
	Taints      []Taint           `yaml:"taints"`
	Cordoned    bool              `yaml:"cordoned"`
	NotReadyFor Duration          `yaml:"notReadyFor"` // since its kubelet died
	Conditions  []NodeCondition   `yaml:"conditions"`
}

// Room is what a node offers.
type Room struct {
	CPU    Quantity `yaml:"cpu"`
	Memory Quantity `yaml:"memory"`
	Pods   int      `yaml:"pods"`
}

// Taint keeps pods off a node.
type Taint struct {
	Key    string             `yaml:"key"`
	Value  string             `yaml:"value"`
	Effect corev1.TaintEffect `yaml:"effect"`
}

// NodeCondition is one besides Ready, MemoryPressure for instance.
type NodeCondition struct {
	Type    string   `yaml:"type"`
	Status  string   `yaml:"status"`
	Reason  string   `yaml:"reason"`
	Message string   `yaml:"message"`
	For     Duration `yaml:"for"`
}

// Repo is a repository that users launch.
type Repo struct {
	URL    string `yaml:"url"`
	Ref    string `yaml:"ref"`   // as users ask for it; HEAD by default
	Image  string `yaml:"image"` // made from the URL by default
	Weight int    `yaml:"weight"`
}

// UserPods is a number of like user pods.
type UserPods struct {
	Count          int             `yaml:"count"`
	Repo           string          `yaml:"repo"` // a URL; every repo by its weight by default
	Kubespawner    string          `yaml:"kubespawner"`
	Age            Ages            `yaml:"age"`
	Phase          corev1.PodPhase `yaml:"phase"`
	Reason         string          `yaml:"reason"`   // why one failed
	Lasted         Duration        `yaml:"lasted"`   // how long one that ended had run; a minute by default
	Waiting        string          `yaml:"waiting"`  // why one that has its node is still Pending
	StartsIn       Duration        `yaml:"startsIn"` // when such a pod is ready after all; never by default
	Pool           string          `yaml:"pool"`     // of the nodes they are on
	Requests       *Requests       `yaml:"requests"`
	Finalizers     []string        `yaml:"finalizers"`
	TerminatingFor Duration        `yaml:"terminatingFor"`
	NoStartTime    bool            `yaml:"noStartTime"`
	Hub            string          `yaml:"hub"`  // "lost" when the Hub does not know them
	Logs           []string        `yaml:"logs"` // the last lines
}

// Requests is what a container asks of its node.
type Requests struct {
	CPU    Quantity `yaml:"cpu"`
	Memory Quantity `yaml:"memory"`
}

// BuildPods is a number of pods in which BinderHub builds images.
type BuildPods struct {
	Count    int             `yaml:"count"`
	Repo     string          `yaml:"repo"`
	Age      Ages            `yaml:"age"`
	Phase    corev1.PodPhase `yaml:"phase"`
	Reason   string          `yaml:"reason"` // why one failed
	Lasted   Duration        `yaml:"lasted"`
	Logs     []string        `yaml:"logs"`
	Pool     string          `yaml:"pool"`
	Requests *Requests       `yaml:"requests"`
}
