package clustertest

import (
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// errNamesake is what the API server says of a UID that is another pod's.
var errNamesake = errors.New("precondition failed: UID in precondition does not match UID in object meta")

// UserPod is the pod of a temporary user's running server, as KubeSpawner 7 and
// BinderHub make it, which was created so long before Now. repo is the URL of
// its repository; "" leaves it out, as BinderHub did until 2018.
func UserPod(name, repo string, age time.Duration) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:         Namespace,
			Name:              name,
			UID:               types.UID("uid-of-" + name),
			CreationTimestamp: metav1.NewTime(Now().Add(-age)),
			Labels:            map[string]string{"app": "jupyterhub", "component": "singleuser-server"},
			Annotations:       map[string]string{"hub.jupyter.org/username": name},
		},
		Spec: corev1.PodSpec{
			NodeName: "node-1",
			Containers: []corev1.Container{{
				Name:  "notebook",
				Image: "registry.example.org/notebook",
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
					corev1.ResourceCPU:    resource.MustParse("10m"),
					corev1.ResourceMemory: resource.MustParse("450Mi"),
				}},
			}},
		},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning,
			ContainerStatuses: []corev1.ContainerStatus{{
				Name: "notebook", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
			}},
		},
	}
	if repo != "" {
		pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "BINDER_REPO_URL", Value: repo}}
	}
	return pod
}

// BuildPod is the pod of a running build, as BinderHub makes it.
func BuildPod(name, repo string, age time.Duration) *corev1.Pod {
	pod := UserPod(name, "", age)
	pod.Labels = map[string]string{"component": "binderhub-build", "name": name}
	pod.Annotations = map[string]string{"binder-repo": repo}
	pod.Spec.Containers[0].Name = "builder"
	pod.Status.ContainerStatuses[0].Name = "builder"
	return pod
}
