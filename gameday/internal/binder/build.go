package binder

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/kubelet"
	"github.com/binderctl/binderctl/gameday/internal/pause"
	"github.com/binderctl/binderctl/gameday/internal/record"
)

// tail is how many lines of a log somebody sees who comes to a build that is
// under way (BinderHub's default).
const tail = 100

// build is one that is under way, and whoever waits for it.
type build struct {
	name string
	over chan struct{} // closed at its end

	mu      sync.Mutex
	lines   []event
	changed chan struct{} // closed on the next line
	failed  bool
}

// say adds a line to the log.
func (b *build) say(line event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line)
	close(b.changed)
	b.changed = make(chan struct{})
}

// after are the lines from the n-th on, and what is closed when there are more.
func (b *build) after(n int) ([]event, chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines[n:], b.changed
}

// build has the image built, and tells of it; it says whether it was.
func (s *session) build() bool {
	s.emit(say("waiting", "Waiting for build to start...\n"))
	s.book.Begin(s.number, record.Queue)
	watch := stages{session: s, at: record.Queue}
	under, joined := s.attach(s.repo)
	seen := 0
	if joined {
		lines, _ := under.after(0)
		seen = max(0, len(lines)-tail)
	}
	for {
		lines, changed := under.after(seen)
		for _, line := range lines {
			watch.see(line.get("phase"))
			s.emit(line)
		}
		seen += len(lines)
		if len(lines) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-s.done:
			watch.end("nobody listens any more")
			return false
		case <-under.over:
			if more, _ := under.after(seen); len(more) > 0 {
				continue
			}
			if under.failed {
				watch.end("the build failed")
				s.emit(event{{"phase", "failed"}})
				return false
			}
			watch.end("")
			return true
		}
	}
}

// stages tells the stages of a build by its log.
type stages struct {
	session *session
	at      string
}

func (s *stages) see(phase string) {
	next := map[string]string{"fetching": record.Fetch, "building": record.Build, "pushing": record.Push}[phase]
	if next == "" && s.at == record.Queue {
		next = record.Fetch // lines without a phase come before the first with one
	}
	if next == "" || next == s.at {
		return
	}
	s.end("")
	s.at = next
	s.session.book.Begin(s.session.number, next)
}

func (s *stages) end(failed string) { s.session.book.End(s.session.number, s.at, failed) }

// attach finds the build of a repository that is under way, or starts one.
func (b *Binder) attach(repo binderhub.Repo) (under *build, joined bool) {
	name := binderhub.BuildName(repo, int(repo.Commit[0])+int(repo.Commit[1]))
	b.mu.Lock()
	defer b.mu.Unlock()
	if under := b.builds[name]; under != nil {
		return under, true
	}
	under = &build{name: name, over: make(chan struct{}), changed: make(chan struct{})}
	b.builds[name] = under
	b.metrics.building.Inc()
	go b.run(b.ctx, under, repo)
	return under, false
}

// run is a build from its pod to its image.
func (b *Binder) run(ctx context.Context, under *build, repo binderhub.Repo) {
	began := b.now()
	err := b.buildInPod(ctx, under, repo)
	status := "success"
	if err != nil {
		status = "failure"
	}
	b.metrics.building.Dec()
	b.metrics.buildTime.WithLabelValues(status).Observe(b.now().Sub(began).Seconds())
	b.metrics.buildCount.WithLabelValues(status, "", repo.URL).Inc()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.builds, under.name)
	if err == nil {
		b.images[repo.Image+":"+repo.Commit] = true
	}
	under.failed = err != nil
	close(under.over)
}

func (b *Binder) buildInPod(ctx context.Context, under *build, repo binderhub.Repo) error {
	if err := b.makeBuildPod(ctx, under.name, repo); err != nil {
		return err
	}
	gone := false
	err := b.nodes.Await(ctx, under.name, func(pod *corev1.Pod) bool {
		gone = b.isGone(ctx, under.name, pod) // BinderHub takes that for a build that is done
		return gone || kubelet.Runs(pod)
	})
	if err == nil && !gone {
		err = b.write(ctx, under, repo)
	}
	code := int32(0)
	if err != nil {
		code = 1
	}
	if pod := b.nodes.Pod(under.name); pod != nil {
		_ = b.nodes.Finish(ctx, pod, code) // deleted meanwhile, perhaps
	}
	return err
}

// isGone says whether the pod of a build has gone or is going. Of one that is not
// seen only the API server knows whether it has gone or is yet to be seen.
func (b *Binder) isGone(ctx context.Context, name string, seen *corev1.Pod) bool {
	if seen != nil {
		return seen.DeletionTimestamp != nil
	}
	_, err := b.client.CoreV1().Pods(b.config.Namespace).Get(ctx, name, metav1.GetOptions{})
	return apierrors.IsNotFound(err)
}

// makeBuildPod has a pod made. An ended one of the same name goes first.
func (b *Binder) makeBuildPod(ctx context.Context, name string, repo binderhub.Repo) error {
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	hub := binderhub.Hub{Namespace: b.config.Namespace, Release: b.config.Release}
	pod := hub.BuildPod(binderhub.Build{Repo: repo, Requests: buildRequests()}, random)
	pod.Name, pod.Labels["name"] = name, name
	pod.Status, pod.CreationTimestamp, pod.Generation = corev1.PodStatus{}, metav1.Time{}, 0
	pod.Annotations[binderhub.StartsIn] = binderhub.Held
	if b.has(BuildQueueStuck) {
		pod.Spec.NodeSelector = map[string]string{"hub.jupyter.org/node-purpose": "build"}
	}
	pods := b.client.CoreV1().Pods(b.config.Namespace)
	for {
		_, err := pods.Create(ctx, pod, metav1.CreateOptions{})
		if !apierrors.IsAlreadyExists(err) {
			return err
		}
		_ = pods.Delete(ctx, name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}) // gone already, perhaps
		if !pause.For(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// buildRequests is what a build asks of its node.
func buildRequests() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("100Mi"),
	}
}

// cleanEvery is how often BinderHub removes the pods of builds that have ended
// (its default).
const cleanEvery = time.Minute

// clean removes the pods of builds that have ended.
func (b *Binder) clean(ctx context.Context) error {
	for pause.For(ctx, cleanEvery) {
		for _, pod := range b.nodes.Pods("binderhub-build") {
			if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
				_ = b.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{}) // the next round tries again
			}
		}
	}
	return ctx.Err()
}
