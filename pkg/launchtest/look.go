package launchtest

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// madeWithin is how long after it was asked for a server its pod may be made: the
// Hub tries for 30 s where the API server is slow (KubeSpawner's default
// k8s_api_request_retry_timeout).
const madeWithin = 30 * time.Second

// Look looks for the pod of a server that comes up: by its name or its user's,
// where the stream has told them, else, if the BinderHub is the cluster's own,
// among those that were made for the repository when it was asked for.
func (g *Gatherer) Look(ctx context.Context, coming Launch) Sight {
	found := &podSink{wants: coming.known()}
	name, asked := plainName(coming.Repo), coming.asked()
	if found.wants == nil && g.own && name != "" && !asked.IsZero() {
		found.wants = madeOf(name, asked.Add(-g.client.ClockSkew()))
	}
	if found.wants == nil || g.users.join(ctx, found) != nil {
		return Sight{}
	}
	return sightOf(found.pods, g.client.ClockSkew())
}

// sightOf is what pods show of which a server's is one, by a clock that is ahead of
// the cluster's.
func sightOf(pods []podSeen, ahead time.Duration) Sight {
	var sight Sight
	ready := len(pods) > 0
	for _, pod := range pods {
		sight.Pods = append(sight.Pods, pod.name)
		sight.Ready = latest(sight.Ready, pod.ready.Add(ahead))
		ready = ready && !pod.ready.IsZero()
	}
	if !ready {
		sight.Ready = time.Time{}
	}
	return sight
}

// known chooses the pod of a launch by what is known of it; nil if nothing is.
func (l *Launch) known() func(*corev1.Pod) bool {
	switch {
	case l.User != "":
		return func(pod *corev1.Pod) bool { return cluster.Username(pod) == l.User }
	case l.pod != "":
		return func(pod *corev1.Pod) bool { return pod.Name == l.pod }
	default:
		return nil
	}
}

// asked is when the Hub was asked for the server for the last time; zero if it was
// not yet.
func (l *Launch) asked() time.Time {
	for _, span := range slices.Backward(l.Spans) {
		if span.Stage == Spawn {
			return span.Began
		}
	}
	return time.Time{}
}

// madeOf chooses the pods that were made for a repository when the Hub was asked
// for one.
func madeOf(name string, asked time.Time) func(*corev1.Pod) bool {
	repo, err := cluster.ParseRepoPattern(name)
	return func(pod *corev1.Pod) bool {
		made := pod.CreationTimestamp.Time
		return err == nil && !made.Before(asked.Add(-clockSlack)) && !made.After(asked.Add(madeWithin)) && repo.Match(cluster.RepoOf(pod))
	}
}

// readySince is when a pod became ready; zero if it is not.
func readySince(pod *corev1.Pod) time.Time {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil {
			return c.LastTransitionTime.UTC()
		}
	}
	return time.Time{}
}
