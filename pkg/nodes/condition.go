package nodes

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Condition is one condition of a node that is not as it should be.
type Condition struct {
	Type    string                 `json:"type"`
	Status  corev1.ConditionStatus `json:"status"`
	Reason  string                 `json:"reason"`
	Message string                 `json:"message"`
	Since   time.Time              `json:"since"` // UTC
}

// troublesOf lists the conditions of a node that are not as they should be.
// What node-problem-detector and others add is a problem when it is True, unless
// its name tells that it is good news.
func troublesOf(node *corev1.Node) []Condition {
	found := []Condition{}
	for i := range node.Status.Conditions {
		c := &node.Status.Conditions[i]
		if c.Status == usualStatus(c.Type) || !isReady(c.Type) && c.Status == corev1.ConditionUnknown {
			continue // when a kubelet is silent everything is unknown; Ready says so
		}
		found = append(found, Condition{
			Type: string(c.Type), Status: c.Status, Reason: c.Reason, Message: c.Message,
			Since: c.LastTransitionTime.UTC(),
		})
	}
	return found
}

func isReady(kind corev1.NodeConditionType) bool { return kind == corev1.NodeReady }

// usualStatus is what a condition is on a healthy node. EKS adds KernelReady,
// NetworkingReady and more, k3s EtcdIsVoter: these are good when True.
func usualStatus(kind corev1.NodeConditionType) corev1.ConditionStatus {
	name := string(kind)
	if strings.HasSuffix(name, "Ready") || strings.HasSuffix(name, "Healthy") || name == "EtcdIsVoter" {
		return corev1.ConditionTrue
	}
	return corev1.ConditionFalse
}

// readySince says whether a node is ready, and since when it is so.
func readySince(node *corev1.Node) (ready bool, since time.Time) {
	at := slices.IndexFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool { return isReady(c.Type) })
	if at < 0 {
		return false, node.CreationTimestamp.UTC()
	}
	c := &node.Status.Conditions[at]
	return c.Status == corev1.ConditionTrue, c.LastTransitionTime.UTC()
}
