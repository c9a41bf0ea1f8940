package cluster

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	watchtools "k8s.io/client-go/tools/watch"
)

// A PodFollower is told which pods there are as they come and go.
type PodFollower interface {
	// Seen tells of a pod that is there, also when it has changed.
	Seen(pod *metav1.PartialObjectMetadata)
	// Gone tells of a pod that is no longer there.
	Gone(uid types.UID)
	// Only tells which pods are there at all: whatever else there was is gone.
	Only(present map[types.UID]bool)
}

// FollowPods tells follower of every change to the pods that q chooses after
// resourceVersion, until ctx ends. It outlives dropped connections and
// restarts of the API server; where the server no longer knows what happened
// since, it lists what there is now.
func (c *Client) FollowPods(ctx context.Context, q PodQuery, resourceVersion string, follower PodFollower) {
	pods := c.Meta.Resource(corev1.SchemeGroupVersion.WithResource(string(corev1.ResourcePods))).Namespace(q.Namespace)
	for ctx.Err() == nil {
		if resourceVersion == "" {
			var err error
			if resourceVersion, err = present(ctx, pods, q, follower); err != nil {
				_ = Sleep(ctx, tryDelay) // the loop's condition sees the context end
				continue
			}
		}
		if err := followFrom(ctx, pods, q, resourceVersion, follower); err != nil {
			_ = Sleep(ctx, relistDelay)
		}
		resourceVersion = ""
	}
}

// relistDelay is how long to wait between lists where no watch is to be had,
// as without the permission: each list costs the server more than a watch.
const relistDelay = 5 * time.Second

// followFrom watches until the server has forgotten where it was (nil), the
// server refuses, or ctx ends.
func followFrom(ctx context.Context, pods metadata.ResourceInterface, q PodQuery, resourceVersion string, follower PodFollower) error {
	return watchFrom(ctx, resourceVersion, q.open(pods.Watch), func(event watch.Event) {
		if pod, ok := event.Object.(*metav1.PartialObjectMetadata); ok {
			if event.Type == watch.Deleted {
				follower.Gone(pod.UID)
			} else {
				follower.Seen(pod)
			}
		}
	})
}

// WatchPods calls change for every change to the pods that q chooses after
// resourceVersion. It outlives dropped connections; it returns nil when the
// server no longer knows what happened since, and ctx's error when ctx ends.
func (c *Client) WatchPods(ctx context.Context, q PodQuery, resourceVersion string, change func(pod *corev1.Pod, gone bool)) error {
	return watchFrom(ctx, resourceVersion, q.open(c.Kube.CoreV1().Pods(q.Namespace).Watch), func(event watch.Event) {
		if pod, ok := event.Object.(*corev1.Pod); ok {
			change(pod, event.Type == watch.Deleted)
		}
	})
}

// open is how a watch on what q chooses is opened. An API server that has just
// come back forbids everything until it has read the roles, so a watch that was
// allowed before is asked for a few times more.
func (q PodQuery) open(open watchFunc) watchFunc {
	forgiven := 0
	return func(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error) {
		opts.LabelSelector, opts.FieldSelector = q.Selector, q.Fields
		watcher, err := open(ctx, opts)
		switch {
		case err == nil:
			forgiven = startUpTries
		case apierrors.IsForbidden(err) && forgiven > 0:
			forgiven--
			return nil, errors.New(err.Error()) // one that a RetryWatcher does not end for
		}
		return watcher, err
	}
}

// startUpTries is how often a watch is asked for while an API server starts. A
// RetryWatcher lets a second pass in between.
const startUpTries = 30

// watchFunc opens a watch; it is what a RetryWatcher keeps calling.
type watchFunc func(context.Context, metav1.ListOptions) (watch.Interface, error)

// WatchWithContext opens the watch.
func (f watchFunc) WatchWithContext(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error) {
	return f(ctx, opts)
}

// watchFrom calls see for each change after resourceVersion. It returns nil
// when the server no longer knows what happened since.
func watchFrom(ctx context.Context, resourceVersion string, open watchFunc, see func(watch.Event)) error {
	watcher, err := watchtools.NewRetryWatcherWithContext(ctx, resourceVersion, open)
	if err != nil {
		return err
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		switch event.Type {
		case watch.Added, watch.Modified, watch.Deleted:
			see(event)
		case watch.Bookmark: // a RetryWatcher keeps these to itself
		case watch.Error:
			if err := apierrors.FromObject(event.Object); !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) {
				return err
			}
			return nil
		}
	}
	return ctx.Err()
}

// present tells follower what there is now and returns as of when.
func present(ctx context.Context, pods metadata.ResourceInterface, q PodQuery, follower PodFollower) (string, error) {
	uids := map[types.UID]bool{}
	opts := metav1.ListOptions{LabelSelector: q.Selector, FieldSelector: q.Fields, Limit: pageSize}
	for {
		page, err := pods.List(ctx, opts)
		if err != nil {
			return "", err
		}
		for i := range page.Items {
			uids[page.Items[i].UID] = true
			follower.Seen(&page.Items[i])
		}
		if opts.Continue = page.Continue; opts.Continue == "" {
			follower.Only(uids)
			return page.ResourceVersion, nil
		}
	}
}
