package scenario

import corev1 "k8s.io/api/core/v1"

// Workload is a Deployment, StatefulSet or DaemonSet with its pods, or pods that
// no controller has made.
type Workload struct {
	Kind         string            `yaml:"kind"`
	Name         string            `yaml:"name"`
	Namespace    string            `yaml:"namespace"` // the scenario's by default
	Replicas     *int              `yaml:"replicas"`  // 1 by default; a DaemonSet has a pod on each node
	Labels       map[string]string `yaml:"labels"`    // of the workload and its pods, and its selector
	Age          Ages              `yaml:"age"`       // of the workload and its pods
	Phase        corev1.PodPhase   `yaml:"phase"`     // Running by default, or Pending
	NodeSelector map[string]string `yaml:"nodeSelector"`
	Tolerations  []Toleration      `yaml:"tolerations"`
	Priority     *Priority         `yaml:"priority"`
	Hash         string            `yaml:"hash"`        // of a Deployment's ReplicaSet; made up by default
	Where        []Share           `yaml:"where"`       // its first pods are
	Annotations  map[string]string `yaml:"annotations"` // of the pods
	EmptyDir     bool              `yaml:"emptyDir"`    // the pods keep local data
	StartsIn     Duration          `yaml:"startsIn"`    // how long a new pod takes to become ready
	EndsIn       Duration          `yaml:"endsIn"`      // how long a deleted pod takes to go
	Containers   []Container       `yaml:"containers"`
}

// Share is a number of a workload's pods that are on the nodes of one pool.
type Share struct {
	Pool  string   `yaml:"pool"`
	Pods  int      `yaml:"pods"`  // as many as there are names by default; a DaemonSet has one on each node
	Names []string `yaml:"names"` // how their names end; made up by default
}

// The roles of containers: one that runs to its end before the others start,
// and one that starts before them and stays.
const (
	RoleMain    = "main"
	RoleInit    = "init"
	RoleSidecar = "sidecar"
)

// Toleration lets a pod onto tainted nodes.
type Toleration struct {
	Key      string                    `yaml:"key"`
	Operator corev1.TolerationOperator `yaml:"operator"`
	Value    string                    `yaml:"value"`
	Effect   corev1.TaintEffect        `yaml:"effect"`
}

// Priority is the priority class of a workload; it is made where it is missing.
type Priority struct {
	Class string `yaml:"class"`
	Value int32  `yaml:"value"`
}

// Container is one container of a workload's pods.
type Container struct {
	Name     string   `yaml:"name"`
	Image    string   `yaml:"image"`
	Port     int32    `yaml:"port"`
	Requests Requests `yaml:"requests"`
	Role     string   `yaml:"role"`     // main by default, init or sidecar
	NewImage string   `yaml:"newImage"` // of the rolling update that begins with the game day
	Logs     []string `yaml:"logs"`     // its last lines, also those of pods made later
	Sick     []Sick   `yaml:"sick"`
}

// Sick is the state of a container that does not do well, in some of the pods.
// The first that speaks of a pod holds.
type Sick struct {
	Pool         string      `yaml:"pool"` // in the pods on its nodes; on all by default
	Pods         int         `yaml:"pods"` // in how many of these; in all by default
	Restarts     int32       `yaml:"restarts"`
	Waiting      string      `yaml:"waiting"`  // CrashLoopBackOff for instance; it runs otherwise
	NotReady     bool        `yaml:"notReady"` // it runs, and fails its readiness probe
	Message      string      `yaml:"message"`
	LastDeath    *Terminated `yaml:"lastDeath"`
	Logs         []string    `yaml:"logs"`         // the container's by default; of one that waits, the previous
	PreviousLogs []string    `yaml:"previousLogs"` // from before its last death
}

// Terminated is how and when a container ended.
type Terminated struct {
	Reason   string   `yaml:"reason"`
	ExitCode int32    `yaml:"exitCode"`
	Signal   int32    `yaml:"signal"`
	Message  string   `yaml:"message"`
	Ago      Duration `yaml:"ago"`
	Lasted   Duration `yaml:"lasted"` // a minute by default
}

// Service is a Service of type ClusterIP.
type Service struct {
	Name     string            `yaml:"name"`
	Selector map[string]string `yaml:"selector"`
	Port     int32             `yaml:"port"`
	Target   int32             `yaml:"target"` // the port by default
}

// Event is something that the cluster reported before the game day began.
type Event struct {
	About   About    `yaml:"about"`
	Type    string   `yaml:"type"` // Normal or Warning
	Reason  string   `yaml:"reason"`
	Message string   `yaml:"message"`
	Source  string   `yaml:"source"`
	Count   int32    `yaml:"count"` // 1 by default
	First   Duration `yaml:"first"` // how long ago; as last by default
	Last    Duration `yaml:"last"`
}

// About says which objects have an event: the pods that one of Workload,
// UserPods and BuildPods names, of these only those on the nodes of Pool where
// that is given too; or by Pool alone, its nodes.
type About struct {
	Pool      string          `yaml:"pool"`
	Workload  string          `yaml:"workload"`
	UserPods  corev1.PodPhase `yaml:"userPods"`  // those in this phase
	BuildPods corev1.PodPhase `yaml:"buildPods"` // those in this phase
	AtMost    int             `yaml:"atMost"`    // only the first so many; all by default
	Container string          `yaml:"container"` // of the pods
}

// Condition is something that holds when the incident is over, by exactly one
// field besides Says.
type Condition struct {
	Says     string       `yaml:"says"`
	UserPods *PodLimit    `yaml:"userPods"`
	Nodes    *NodeLimit   `yaml:"nodes"`
	Ready    *WorkloadRef `yaml:"ready"`
	Hub      *HubLimit    `yaml:"hub"`
}

// Spares says whether a condition only is that users keep what they have: once it
// does not hold, no operator can bring it about.
func (c Condition) Spares() bool {
	return c.UserPods != nil && c.UserPods.AtLeast != nil && c.UserPods.AtMost == nil
}

// PodLimit limits the user pods of a phase and age.
type PodLimit struct {
	Phase     corev1.PodPhase `yaml:"phase"`     // any by default
	OlderThan Duration        `yaml:"olderThan"` // any by default
	AtMost    *int            `yaml:"atMost"`
	AtLeast   *int            `yaml:"atLeast"`
}

// NodeLimit limits the nodes in a state.
type NodeLimit struct {
	State  string `yaml:"state"` // notReady, cordoned, or schedulable, which is neither
	Name   string `yaml:"name"`  // only the node of this name; any by default
	AtMost *int   `yaml:"atMost"`
}

// WorkloadRef names a workload whose pods are to be ready.
type WorkloadRef struct {
	AtLeast   int    `yaml:"atLeast"` // so many of them; all by default
	Kind      string `yaml:"kind"`
	Name      string `yaml:"name"`
	Namespace string `yaml:"namespace"`
}
