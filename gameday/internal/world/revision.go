package world

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/history"
)

// patch is how the controllers keep a revision of a template: as a strategic
// merge patch that restores it. They compare it byte for byte.
func patch(set any) ([]byte, error) {
	content, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("write revision: %w", err)
	}
	var parsed struct {
		Spec struct {
			Template map[string]any `json:"template"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(content, &parsed); err != nil {
		return nil, fmt.Errorf("write revision: %w", err)
	}
	parsed.Spec.Template["$patch"] = "replace"
	content, err = json.Marshal(parsed)
	if err != nil {
		return nil, fmt.Errorf("write revision: %w", err)
	}
	return content, nil
}

func (w *World) statefulSetRevision(set *appsv1.StatefulSet) (*appsv1.ControllerRevision, error) {
	data, err := patch(set)
	if err != nil {
		return nil, err
	}
	kind := appsv1.SchemeGroupVersion.WithKind("StatefulSet")
	revision, err := history.NewControllerRevision(set, kind, set.Spec.Template.Labels, runtime.RawExtension{Raw: data}, 1, new(int32(0)))
	if err != nil {
		return nil, fmt.Errorf("make revision: %w", err)
	}
	hash := revision.Labels[history.ControllerRevisionHashLabel]
	labels, owners := revision.Labels, revision.OwnerReferences
	revision.ObjectMeta = w.meta("ControllerRevision", set.Namespace, history.ControllerRevisionName(set.Name, hash), set.CreationTimestamp.Time)
	revision.Labels, revision.OwnerReferences = labels, owners
	return revision, nil
}

func (w *World) daemonSetRevision(set *appsv1.DaemonSet) (*appsv1.ControllerRevision, string, error) {
	data, err := patch(set)
	if err != nil {
		return nil, "", err
	}
	hash := controller.ComputeHash(&set.Spec.Template, nil)
	revision := &appsv1.ControllerRevision{
		ObjectMeta: w.meta("ControllerRevision", set.Namespace, set.Name+"-"+hash, set.CreationTimestamp.Time),
		Data:       runtime.RawExtension{Raw: data},
		Revision:   1,
	}
	revision.Annotations = set.Annotations
	revision.Labels = map[string]string{appsv1.DefaultDaemonSetUniqueLabelKey: hash}
	maps.Copy(revision.Labels, set.Spec.Template.Labels)
	revision.OwnerReferences = []metav1.OwnerReference{*controlledBy(set, "DaemonSet")}
	return revision, hash, nil
}

// suffix is the random end of the name of a controller's pod, in the letters
// that the API server uses.
func (w *World) suffix(what string, i int) string {
	const safe = "bcdfghjklmnpqrstvwxz2456789"
	random, out := w.random(what, i), make([]byte, 5)
	for j := range out {
		out[j] = safe[random.IntN(len(safe))]
	}
	return string(out)
}

func itoa(n int32) string {
	return strconv.Itoa(int(n))
}
