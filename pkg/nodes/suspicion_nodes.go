package nodes

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	// starting is how long a new node may take to become ready.
	starting = 5 * time.Minute
	// relapse is how long a node is not trusted that was not ready.
	relapse = time.Hour
	// wornOut is the age from which a node is suspect for its age alone.
	wornOut = 4 * 24 * time.Hour
)

// askNodes notes what nodes say of themselves.
func (q *inquiry) askNodes() {
	for i := range q.nodes {
		n := &q.nodes[i]
		age := n.Age(q.now)
		switch {
		case !n.Ready && age < starting: // it is not there yet
			continue
		case q.silent(n):
			q.note(n.Name, SilentKubelet, n.Name, fact{"node " + n.Name, "kubelet has not renewed its lease", *n.Renewed})
		}
		for _, c := range n.Conditions {
			if clue := clueOf(c); clue != "" {
				q.note(n.Name, clue, c.Type, fact{"node " + n.Name, conditionText(c), c.Since})
			}
		}
		if !n.Ready && !q.has(n.Name, NotReady) {
			q.note(n.Name, NotReady, n.Name, fact{"node " + n.Name, "no kubelet has reported", n.Created})
		}
		if n.Ready && q.lateness(n.ReadySince) < relapse && n.ReadySince.Sub(n.Created) > starting {
			q.note(n.Name, CameBack, n.Name, fact{"node " + n.Name, "was not ready until then", n.ReadySince})
		}
		if age > wornOut {
			q.note(n.Name, OldAge, n.Name, fact{"node " + n.Name, "is more than four days old", n.Created})
		}
	}
}

func conditionText(c Condition) string {
	text := fmt.Sprintf("%s is %s", c.Type, c.Status)
	if c.Reason != "" {
		text += " (" + c.Reason + ")"
	}
	return text
}

// clueOf says what kind of evidence a condition is that is not as it should be,
// "" if somebody means it to be so.
func clueOf(c Condition) Clue {
	switch corev1.NodeConditionType(c.Type) {
	case corev1.NodeReady:
		return NotReady
	case corev1.NodeNetworkUnavailable:
		return NoNetwork
	case corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure:
		return Pressure
	case corev1.NodeGracefulNodeShutdownInProgress, corev1.NodeDrainInProgress, corev1.NodeDrained,
		corev1.NodeMaintenancePlanned, corev1.NodeMaintenanceInProgress:
		return ""
	}
	for _, prefix := range detectorConditions() {
		if strings.HasPrefix(c.Type, prefix) {
			return KernelProblem
		}
	}
	return OtherCondition
}

// detectorConditions begin the names of the conditions that
// node-problem-detector sets with the rules it comes with, and the monitors of
// GKE, AKS and EKS with theirs.
func detectorConditions() []string {
	return []string{
		"KernelDeadlock", "ReadonlyFilesystem", "FilesystemCorruptionProblem", "CorruptDockerOverlay2", "XfsShutdown",
		"Frequent", // KubeletRestart, DockerRestart, ContainerdRestart, UnregisterNetDevice
		"KubeletUnhealthy", "KubeletProblem", "ContainerRuntimeUnhealthy", "ContainerRuntimeProblem",
		"CperHardwareErrorFatal", "DiskReadonly",
		"ContainerRuntimeReady", "KernelReady", "NetworkingReady", "StorageReady", // EKS: not True
	}
}
