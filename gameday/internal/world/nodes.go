package world

import (
	"maps"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// KubeletAnnotation is what tells KWOK to leave a node alone, when its value is
// KubeletDead.
const (
	KubeletAnnotation = "gameday.binderctl/kubelet"
	KubeletDead       = "dead"
)

// node is a node and the room left on it.
type node struct {
	*corev1.Node
	pool    string
	purpose string // its label hub.jupyter.org/node-purpose
	cpu     int64  // in thousandths
	memory  int64
	pods    int64
	ended   int // pods on it that need nothing any more
}

func (w *World) makeNodes() {
	for _, pool := range w.scenario.Nodes {
		for i := range pool.Count {
			made := w.makeNode(pool, i)
			w.nodes = append(w.nodes, &node{
				Node: made, pool: pool.Pool, purpose: made.Labels["hub.jupyter.org/node-purpose"],
				cpu:    made.Status.Allocatable.Cpu().MilliValue(),
				memory: made.Status.Allocatable.Memory().Value(),
				pods:   made.Status.Allocatable.Pods().Value(),
			})
			w.aged = append(w.aged, made)
		}
	}
}

// ServeKubelets tells where the nodes' kubelets answer, all on one port. Dead
// ones do not.
func (w *World) ServeKubelets(port int) {
	for _, on := range w.nodes {
		if !on.dead() {
			on.Status.DaemonEndpoints.KubeletEndpoint.Port = int32(port)
		}
	}
}

func (w *World) makeNode(pool scenario.NodePool, i int) *corev1.Node {
	name := strings.NewReplacer(
		"{index}", strconv.Itoa(i),
		"{random}", binderhub.Letters(w.random("node/"+pool.Pool, i), 4),
	).Replace(pool.Name)
	created := w.ago(pool.Age.At(i, pool.Count))
	made := &corev1.Node{
		ObjectMeta: w.meta("Node", "", name, created),
		Spec:       corev1.NodeSpec{Unschedulable: pool.Cordoned, ProviderID: "gce://binder-prod/" + pool.Zone + "/" + name},
		Status: corev1.NodeStatus{
			Allocatable: room(pool.Allocatable),
			Capacity:    room(*pool.Capacity),
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: "127.0.0.1"},
				{Type: corev1.NodeHostName, Address: name},
			},
			NodeInfo: corev1.NodeSystemInfo{
				Architecture: "amd64", OperatingSystem: "linux", KubeletVersion: "v1.36.3",
				ContainerRuntimeVersion: "containerd://2.1.4", KernelVersion: "6.6.97+", OSImage: "Container-Optimized OS from Google",
			},
			// KWOK takes care of nodes in this phase, which is its own invention.
			Phase: corev1.NodeRunning,
		},
	}
	made.Labels = nodeLabels(pool, name)
	// What a kubelet writes there. KWOK sees no node without any.
	made.Annotations = map[string]string{"volumes.kubernetes.io/controller-managed-attach-detach": "true"}
	maps.Copy(made.Annotations, pool.Annotations)
	for _, taint := range pool.Taints {
		made.Spec.Taints = append(made.Spec.Taints, corev1.Taint{Key: taint.Key, Value: taint.Value, Effect: taint.Effect})
	}
	if pool.Cordoned {
		made.Spec.Taints = append(made.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
	}
	w.setConditions(made, pool, created)
	return made
}

// setConditions gives the node those that a kubelet reports, or the traces of
// a dead one.
func (w *World) setConditions(made *corev1.Node, pool scenario.NodePool, created time.Time) {
	beat := metav1.NewTime(w.now)
	dead := time.Duration(pool.NotReadyFor)
	report := func(kind corev1.NodeConditionType, status corev1.ConditionStatus, reason, message string, since time.Time) {
		made.Status.Conditions = append(made.Status.Conditions, corev1.NodeCondition{
			Type: kind, Status: status, Reason: reason, Message: message,
			LastHeartbeatTime: beat, LastTransitionTime: metav1.NewTime(since),
		})
	}
	if dead > 0 {
		lost := w.ago(dead)
		beat = metav1.NewTime(lost.Add(-40 * time.Second))
		made.Annotations[KubeletAnnotation] = KubeletDead
		for _, kind := range []corev1.NodeConditionType{corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure, corev1.NodeReady} {
			report(kind, corev1.ConditionUnknown, "NodeStatusUnknown", "Kubelet stopped posting node status.", lost)
		}
		since := metav1.NewTime(lost)
		for _, effect := range []corev1.TaintEffect{corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute} {
			made.Spec.Taints = append(made.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: effect, TimeAdded: &since})
		}
	} else {
		report(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available", created)
		report(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure", created)
		report(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available", created)
		report(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status", created)
	}
	for _, extra := range pool.Conditions {
		made.Status.Conditions = dropCondition(made.Status.Conditions, extra.Type)
		report(corev1.NodeConditionType(extra.Type), corev1.ConditionStatus(extra.Status), extra.Reason, extra.Message, w.ago(time.Duration(extra.For)))
	}
}

func dropCondition(conditions []corev1.NodeCondition, kind string) []corev1.NodeCondition {
	kept := conditions[:0:0]
	for _, condition := range conditions {
		if string(condition.Type) != kind {
			kept = append(kept, condition)
		}
	}
	return kept
}

func nodeLabels(pool scenario.NodePool, name string) map[string]string {
	labels := map[string]string{
		corev1.LabelHostname:            name,
		corev1.LabelOSStable:            "linux",
		corev1.LabelArchStable:          "amd64",
		"cloud.google.com/gke-nodepool": pool.Pool,
	}
	if pool.Zone != "" {
		labels[corev1.LabelTopologyZone] = pool.Zone
		if cut := strings.LastIndex(pool.Zone, "-"); cut > 0 {
			labels[corev1.LabelTopologyRegion] = pool.Zone[:cut]
		}
	}
	if pool.Machine != "" {
		labels[corev1.LabelInstanceTypeStable] = pool.Machine
	}
	maps.Copy(labels, pool.Labels)
	return labels
}

func room(r scenario.Room) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    r.CPU.Quantity,
		corev1.ResourceMemory: r.Memory.Quantity,
		corev1.ResourcePods:   *resource.NewQuantity(int64(r.Pods), resource.DecimalSI),
	}
}
