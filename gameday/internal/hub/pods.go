package hub

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// What KubeSpawner allows a request to the API server, and all attempts
// together, and how long it lets a notebook end in peace.
const (
	requestDeadline = 3 * time.Second
	retryDeadline   = 30 * time.Second
	retryPause      = time.Second
	graceSeconds    = 1
)

// target is where the proxy finds a pod's server.
func target(ip string) string { return "http://" + ip + ":8888" }

// makePod is the pod of a user's server. The caller holds the lock.
func (l *life) makePod(user string, options map[string]any) *corev1.Pod {
	maker := binderhub.Hub{Namespace: l.config.Namespace, Release: l.config.Release, Kubespawner: l.config.Kubespawner}
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	session := binderhub.Session{Repo: repoOf(options), User: user, Requests: binderhub.DefaultRequests(), Launch: options}
	pod := maker.UserPod(session, random)
	if l.hasLocked(NoNode) {
		askTooMuch(pod)
	}
	pod.Status = corev1.PodStatus{}
	pod.CreationTimestamp, pod.Generation, pod.UID = metav1.Time{}, 0, types.UID("")
	switch {
	case l.config.Held:
		pod.Annotations[binderhub.StartsIn] = binderhub.Held
	case l.config.StartsIn > 0:
		pod.Annotations[binderhub.StartsIn] = l.config.StartsIn.String()
	}
	if l.config.EndsIn > 0 {
		pod.Annotations[binderhub.EndsIn] = l.config.EndsIn.String()
	}
	return pod
}

// askTooMuch has a pod ask for more memory than any node has.
func askTooMuch(pod *corev1.Pod) {
	much := resource.MustParse("4Ti")
	needs := &pod.Spec.Containers[0].Resources
	needs.Requests[corev1.ResourceMemory], needs.Limits[corev1.ResourceMemory] = much, much
}

// podName is the name that the pod of a user's server has.
func (c *Config) podName(user string) string {
	return binderhub.Hub{Kubespawner: c.Kubespawner}.PodName(binderhub.Session{User: user})
}

// repoOf is the repository that BinderHub's options of a launch speak of.
func repoOf(options map[string]any) binderhub.Repo {
	text := func(key string) string {
		value, _ := options[key].(string)
		return value
	}
	repo := binderhub.Repo{URL: text("repo_url"), Ref: "HEAD"}
	repo.Image, repo.Commit = text("image"), "latest"
	if i := strings.LastIndex(repo.Image, ":"); i > strings.LastIndex(repo.Image, "/") {
		repo.Image, repo.Commit = repo.Image[:i], repo.Image[i+1:]
	}
	if repo.Image == "" {
		repo.Image = "quay.io/jupyterhub/k8s-singleuser-sample"
	}
	return repo
}

// createPod has a pod made. One of the same name has to go first.
func (l *life) createPod(ctx context.Context, pod *corev1.Pod) error {
	l.log.Say(info, "spawner:2891", "Attempting to create pod %s, with timeout %d", pod.Name, int(requestDeadline.Seconds()))
	return l.insist(ctx, "Could not create pod "+l.config.podKey(pod.Name), func(ctx context.Context) error {
		_, err := l.client.CoreV1().Pods(l.config.Namespace).Create(ctx, pod, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			l.log.Say(info, "spawner:2910", "Found existing pod %s, attempting to kill", pod.Name)
			return errors.Join(err, l.remove(ctx, pod.Name, 0))
		}
		return err
	})
}

// deletePod has a pod deleted.
func (l *life) deletePod(ctx context.Context, name string, grace int64) error {
	return l.insist(ctx, "Could not delete pod "+l.config.podKey(name), func(ctx context.Context) error {
		l.log.Say(info, "spawner:3282", "Deleting pod %s", l.config.podKey(name))
		err := l.remove(ctx, name, grace)
		if apierrors.IsNotFound(err) {
			l.log.Say(warning, "spawner:3298", "No pod %s to delete. Assuming already deleted.", l.config.podKey(name))
			return nil
		}
		return err
	})
}

func (l *life) remove(ctx context.Context, name string, grace int64) error {
	return l.client.CoreV1().Pods(l.config.Namespace).Delete(ctx, name, metav1.DeleteOptions{GracePeriodSeconds: &grace})
}

// insist tries something until it works, for as long as KubeSpawner does.
func (l *life) insist(ctx context.Context, failed string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, retryDeadline)
	defer cancel()
	for {
		once, done := context.WithTimeout(ctx, requestDeadline)
		err := try(once)
		done()
		if err == nil {
			return nil
		}
		if apierrors.IsForbidden(err) || apierrors.IsInvalid(err) {
			return err
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return errors.New(failed)
		}
	}
}
