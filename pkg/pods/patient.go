package pods

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// patient is what a diagnosis reads of a pod. Of a healthy one nothing is kept
// but the counts it adds to.
type patient struct {
	namespace string
	name      string
	uid       types.UID
	kind      cluster.Kind
	owner     cluster.Owner
	repo      string // of users' pods and builds; "" if nothing tells
	node      string
	images    []string // of all its containers
	created   time.Time

	failing []cluster.Container // those that loop
	failed  *failure            // of a user's pod that ended badly, and lately
	shaken  []cluster.Container // of another pod, those that died badly, and lately, and may be well again
}

// failure is how a user's pod ended, which is never started again.
type failure struct {
	container string
	image     string
	reason    string
	exitCode  int
	at        time.Time
}

// visitor reports whether the pod comes and goes with a user, as opposed to one
// that is there to stay.
func (p *patient) visitor() bool { return p.kind == cluster.User || p.kind == cluster.Build }

// sickImages are those of the containers that fail: an innocent neighbour's is
// not to blame.
func (p *patient) sickImages() []string {
	if p.failed != nil {
		return []string{p.failed.image}
	}
	var images []string
	for _, container := range slices.Concat(p.failing, p.shaken) {
		if image := cluster.PlainImage(container.Image); !slices.Contains(images, image) {
			images = append(images, image)
		}
	}
	return images
}

// admission decides which pods a diagnosis looks at.
type admission struct {
	now   time.Time
	since time.Time // what died before is history
}

// admit reduces a pod. Unwanted is what is about to go and what has ended, except
// for users' pods that failed lately: nothing starts those again, so that is all
// there is to see of a crash.
func (a admission) admit(pod *corev1.Pod) (patient, bool) {
	p := patient{
		namespace: pod.Namespace, name: pod.Name, uid: pod.UID, kind: cluster.KindOf(pod), owner: cluster.OwnerOf(pod),
		node: pod.Spec.NodeName, created: pod.CreationTimestamp.UTC(),
	}
	if leaving := pod.DeletionTimestamp; leaving != nil && a.now.Before(leaving.Time) {
		return p, false
	}
	containers := cluster.Containers(pod)
	switch pod.Status.Phase {
	case corev1.PodSucceeded:
		return p, false
	case corev1.PodFailed:
		p.failed = failureOf(pod, containers)
		if p.kind != cluster.User || p.failed.at.Before(a.since) {
			return p, false
		}
	default:
		for _, container := range containers {
			switch {
			case container.Looping(a.now):
				p.failing = append(p.failing, container)
			case !p.visitor() && container.Death.Failed() && container.Death.Ended.After(a.since):
				p.shaken = append(p.shaken, container)
			}
		}
	}
	if repo := cluster.RepoOf(pod); p.visitor() && repo.From != cluster.FromNothing {
		p.repo = repo.Name
	}
	p.images = imagesOf(pod)
	return p, true
}

func imagesOf(pod *corev1.Pod) []string {
	images := make([]string, 0, len(pod.Spec.Containers)+len(pod.Spec.InitContainers))
	for _, containers := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range containers {
			if image := cluster.PlainImage(containers[i].Image); !slices.Contains(images, image) {
				images = append(images, image)
			}
		}
	}
	return images
}

// failureOf says how a failed pod ended: by the first container that did so
// badly, else, as after an eviction, by what the kubelet noted on the pod.
func failureOf(pod *corev1.Pod, containers []cluster.Container) *failure {
	f := &failure{image: cluster.Image(pod), reason: pod.Status.Reason, at: lastChange(pod)}
	for _, container := range containers {
		if death := container.Death; death.Failed() && death.Final {
			f.container, f.image = container.Name, cluster.PlainImage(container.Image)
			f.exitCode = death.ExitCode
			if f.reason == "" {
				f.reason = death.Reason
			}
			if !death.Ended.IsZero() {
				f.at = death.Ended
			}
			break
		}
	}
	return f
}

// lastChange is when a pod's conditions last changed, which for one that has
// ended is about when it did.
func lastChange(pod *corev1.Pod) time.Time {
	last := pod.CreationTimestamp.UTC()
	for i := range pod.Status.Conditions {
		if changed := pod.Status.Conditions[i].LastTransitionTime.UTC(); changed.After(last) {
			last = changed
		}
	}
	return last
}
