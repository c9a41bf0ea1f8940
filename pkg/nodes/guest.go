package nodes

import (
	"cmp"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/component-helpers/resource"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// guest is one pod, reduced to what it takes of its node and what it tells
// about it.
type guest struct {
	namespace  string
	name       string
	uid        types.UID // as its kubelet knows it
	node       string    // "" while it waits for one
	kind       cluster.Kind
	owner      string // "Deployment prod/proxy"; "" if nobody made it but a person, the Hub or BinderHub
	phase      corev1.PodPhase
	reason     string    // of the whole pod, such as Evicted
	image      string    // of the main container
	created    time.Time // by the API server's clock
	scheduled  time.Time // when it got its node; zero if it has none
	ready      bool
	readySince time.Time // since when it is, or is not
	unplaced   bool      // the scheduler found no node for it
	due        time.Time // when it should have been gone; zero if it may stay
	held       bool      // by a finalizer
	creating   bool      // it begins, and none of its containers runs
	ended      time.Time // when its last container ended for good
	killed     string    // why the container that failed did: OOMKilled, Error
	troubles   []trouble
	request    Room
}

// trouble is a container that loops or has died lately.
type trouble struct {
	container string
	looping   bool
	waiting   string // CrashLoopBackOff, ImagePullBackOff
	restarts  int
	died      time.Time // zero if it never did
	death     string    // why it did: OOMKilled, Error
}

// finished reports whether the pod's containers have ended for good; then it
// holds nothing on its node.
func (g *guest) finished() bool { return g.phase == corev1.PodSucceeded || g.phase == corev1.PodFailed }

// users reports whether the pod is a user's server.
func (g *guest) users() bool { return g.kind == cluster.User }

// service reports whether a pod is neither a user's nor a build, nor holds room
// for one.
func (g *guest) service() bool {
	return g.kind != cluster.User && g.kind != cluster.Build && g.kind != cluster.Placeholder
}

// place is the pod's name with its namespace.
func (g *guest) place() string { return g.namespace + "/" + g.name }

// evicted is when the kubelet threw the pod out, if it did: when its containers
// ended or, if they do not tell, when it ceased to be ready.
func (g *guest) evicted() time.Time {
	for _, at := range []time.Time{g.ended, g.readySince} {
		if !at.IsZero() {
			return at
		}
	}
	return g.created
}

// looping returns the container that loops, nil if none does.
func (g *guest) looping() *trouble {
	for i := range g.troubles {
		if g.troubles[i].looping {
			return &g.troubles[i]
		}
	}
	return nil
}

// guestSink keeps the pods of a list, reduced, and of the youngest user pod
// where it may go.
type guestSink struct {
	now     func() time.Time // by the API server's clock, which is known once it answers
	texts   map[string]string
	guests  []guest
	example *corev1.Pod
}

// Reset forgets what was read.
func (s *guestSink) Reset() { s.texts, s.guests, s.example = map[string]string{}, nil, nil }

// Add takes in a pod.
func (s *guestSink) Add(pod *corev1.Pod) {
	g := s.reduce(pod)
	s.guests = append(s.guests, g)
	if g.kind == cluster.User && (s.example == nil || s.example.CreationTimestamp.Before(&pod.CreationTimestamp)) {
		s.example = placementOf(pod)
	}
}

// once keeps equal texts once: 50,000 pods share a few thousand nodes, owners
// and images.
func (s *guestSink) once(text string) string {
	if kept, ok := s.texts[text]; ok {
		return kept
	}
	s.texts[text] = text
	return text
}

func (s *guestSink) reduce(pod *corev1.Pod) guest {
	g := guest{
		namespace: s.once(pod.Namespace), name: pod.Name, uid: uidOf(pod), node: s.once(pod.Spec.NodeName),
		kind: cluster.KindOf(pod), owner: s.once(ownerOf(pod)),
		phase: corev1.PodPhase(s.once(string(pod.Status.Phase))), reason: s.once(pod.Status.Reason),
		image: s.once(cluster.Image(pod)), created: pod.CreationTimestamp.UTC(),
		held:    len(pod.Finalizers) > 0,
		request: requestOf(pod),
	}
	if pod.DeletionTimestamp != nil {
		g.due = pod.DeletionTimestamp.UTC() // the API server has added the grace period
	}
	for i := range pod.Status.Conditions {
		g.heed(&pod.Status.Conditions[i])
	}
	s.containers(&g, cluster.Containers(pod))
	return g
}

// heed takes in a condition of the pod.
func (g *guest) heed(c *corev1.PodCondition) {
	yes, since := c.Status == corev1.ConditionTrue, c.LastTransitionTime.UTC()
	switch {
	case c.Type == corev1.PodScheduled && yes:
		g.scheduled = since
	case c.Type == corev1.PodScheduled:
		g.unplaced = c.Reason == corev1.PodReasonUnschedulable
	case c.Type == corev1.PodReady:
		g.ready, g.readySince = yes, since
	}
}

// containers takes in the pod's containers.
func (s *guestSink) containers(g *guest, containers []cluster.Container) {
	g.creating = g.phase == corev1.PodPending && g.node != ""
	now := s.now()
	for _, c := range containers {
		looping := c.Looping(now)
		if looping || c.Running {
			g.creating = false
		}
		t := trouble{container: s.once(c.Name), looping: looping, waiting: s.once(c.Waiting), restarts: c.Restarts}
		if death := c.Death; death != nil {
			t.died, t.death = death.Ended, s.once(death.Reason)
			if death.Final && death.Ended.After(g.ended) {
				g.ended = death.Ended
			}
			if death.Final && death.Failed() {
				g.killed = s.once(death.Reason)
			}
		}
		if looping || c.Restarts > 0 {
			g.troubles = append(g.troubles, t)
		}
	}
}

// uidOf is the UID by which a pod's kubelet speaks of it in events. Of a pod that
// it runs from a file the API server has a mirror alone, with a UID of its own.
func uidOf(pod *corev1.Pod) types.UID {
	return cmp.Or(types.UID(pod.Annotations[corev1.MirrorPodAnnotationKey]), pod.UID)
}

// ownerOf names what made a pod, so that its replicas are known for the same
// thing across an update.
func ownerOf(pod *corev1.Pod) string {
	owner := cluster.OwnerOf(pod)
	if owner.Kind == "" {
		return ""
	}
	return owner.Kind + " " + pod.Namespace + "/" + owner.Name
}

// requestOf is what the scheduler sets aside for a pod.
func requestOf(pod *corev1.Pod) Room {
	room := roomOf(resource.PodRequests(pod, resource.PodResourcesOptions{}))
	room.Pods = 1
	return room
}

// placementOf is what of a pod decides to which nodes it may go.
func placementOf(pod *corev1.Pod) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name, CreationTimestamp: pod.CreationTimestamp},
		Spec: corev1.PodSpec{
			NodeSelector: pod.Spec.NodeSelector, Affinity: pod.Spec.Affinity, Tolerations: pod.Spec.Tolerations,
		},
	}
}
