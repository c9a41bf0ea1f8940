package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/util/watchlist"
)

// PodQuery says which pods to read. Every field may be empty.
type PodQuery struct {
	Namespace string // "" is all of them
	Selector  string // by labels
	Fields    string // by fields, such as spec.nodeName=n1
	// Detail asks for what only a diagnosis reads of each pod, besides the rest:
	// its volumes, which nodes it may go to, when its conditions changed, why it
	// is as it is.
	Detail bool
}

// A PodSink takes in pods one by one.
type PodSink = Sink[corev1.Pod]

// pageSize is how many pods are asked for at once where the server cannot
// stream: enough that 100,000 pods are few requests, little enough that one
// answer is a few megabytes (measured: 500 and 1,000 are equally fast).
const pageSize = 500

// tries is how often a list is begun before it is given up, and tryDelay how
// long to wait before the second; each further wait is twice as long.
const (
	tries    = 3
	tryDelay = 500 * time.Millisecond
)

// ReadPods gives every pod that q chooses to sink, holding none of them. It
// returns the resource version of the whole, from which a watch may go on. The
// list is complete or the error is not nil: there is no half answer. What
// changes while the list is under way may be told as it was before.
func (c *Client) ReadPods(ctx context.Context, q PodQuery, sink PodSink) (resourceVersion string, err error) {
	if version, took, err := c.shared.readPods(ctx, q, sink); took {
		return version, err
	}
	err = retry(ctx, func(try int) error {
		sink.Reset()
		resourceVersion, err = c.readPodsOnce(ctx, q, sink, try == 1)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("list pods%s: %w", inNamespace(q.Namespace), c.Plain(err))
	}
	return resourceVersion, nil
}

func inNamespace(namespace string) string {
	if namespace == "" {
		return " in all namespaces"
	}
	return " in namespace " + namespace
}

// readPodsOnce tries to have the list streamed, unless that went wrong before: a
// proxy may hold back what it takes for a watch.
func (c *Client) readPodsOnce(ctx context.Context, q PodQuery, sink PodSink, stream bool) (string, error) {
	if stream && !watchlist.DoesClientNotSupportWatchListSemantics(c.Kube) {
		resourceVersion, err := c.streamPods(ctx, q, sink)
		if err == nil || !errors.Is(err, errNoStream) {
			return resourceVersion, err
		}
	}
	return c.pagePods(ctx, q, sink)
}

// errNoStream means that the server, or the operator's role, does not allow
// lists to be streamed; nothing was read.
var errNoStream = errors.New("server does not stream lists")

// streamPods reads the list as the beginning of a watch (Kubernetes 1.32 and
// later). The server sends the pods as it walks its cache and need not build
// the whole answer first.
func (c *Client) streamPods(ctx context.Context, q PodQuery, sink PodSink) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	yes := true
	stream, err := c.openPods(ctx, q, metav1.ListOptions{
		LabelSelector: q.Selector, FieldSelector: q.Fields,
		SendInitialEvents:    &yes,
		AllowWatchBookmarks:  true,
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	switch {
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsForbidden(err), apierrors.IsMethodNotSupported(err):
		return "", errNoStream // if the list is forbidden too, the page will say so
	case err != nil:
		return "", err
	}
	defer stream.close()
	for {
		event, pod, err := stream.next()
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return "", errInterrupted
		case err != nil:
			return "", err
		case event == watch.Added:
			sink.Add(pod)
		case event == watch.Modified, event == watch.Deleted:
			return "", errInterrupted // what was told of that pod is no longer so
		case event == watch.Bookmark && pod.Annotations[metav1.InitialEventsAnnotationKey] == "true":
			return pod.ResourceVersion, nil
		}
	}
}

// errInterrupted means that a stream ended before the list was complete.
var errInterrupted = errors.New("connection to the server was lost in the middle of the list")

// pagePods reads the list page by page, on servers that cannot stream it.
func (c *Client) pagePods(ctx context.Context, q PodQuery, sink PodSink) (string, error) {
	opts := metav1.ListOptions{LabelSelector: q.Selector, FieldSelector: q.Fields, Limit: pageSize}
	for {
		page, err := c.Kube.CoreV1().Pods(q.Namespace).List(ctx, opts)
		if err != nil {
			return "", err // also "expired": the caller begins again
		}
		for i := range page.Items {
			sink.Add(&page.Items[i])
		}
		if opts.Continue = page.Continue; opts.Continue == "" {
			return page.ResourceVersion, nil
		}
	}
}

// worthAnotherTry reports whether asking again soon may help.
func worthAnotherTry(err error) bool {
	return errors.Is(err, errInterrupted) || apierrors.IsResourceExpired(err) || Transient(err) && !NeverHeard(err)
}
