package cluster

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Owner is what made a pod, as an operator knows it: the Deployment rather than
// its ReplicaSet of the day. It is zero for a pod that nobody controls, such as
// a user's server.
type Owner struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// String is the owner as kubectl would take it; "" if there is none.
func (o Owner) String() string {
	if o.Kind == "" {
		return ""
	}
	return o.Kind + "/" + o.Name
}

// StaticPod is the kind of owner of a pod that a kubelet runs from a file.
const StaticPod = "StaticPod"

// OwnerOf says what made a pod. The owners of ReplicaSets and of Jobs are told
// by their names: a Deployment's ReplicaSets are called after it and the hash
// of their template, a CronJob's Jobs after it and the minute.
func OwnerOf(pod *corev1.Pod) Owner {
	controller := metav1.GetControllerOf(pod)
	if controller == nil {
		return Owner{}
	}
	switch controller.Kind {
	case "ReplicaSet":
		hash := pod.Labels["pod-template-hash"]
		if name, ok := strings.CutSuffix(controller.Name, "-"+hash); ok && hash != "" {
			return Owner{"Deployment", name}
		}
	case "Job":
		if at := strings.LastIndexByte(controller.Name, '-'); at > 0 && isMinute(controller.Name[at+1:]) {
			return Owner{"CronJob", controller.Name[:at]}
		}
	case "Node":
		return Owner{StaticPod, strings.TrimSuffix(pod.Name, "-"+controller.Name)}
	}
	return Owner{controller.Kind, controller.Name}
}

// isMinute reports whether a name ends as a CronJob's controller ends those of
// its Jobs: in the minutes since 1970, which have had eight digits since 1989
// and will for 130 years.
func isMinute(text string) bool {
	const digits = 8
	return len(text) == digits && strings.Trim(text, "0123456789") == ""
}
