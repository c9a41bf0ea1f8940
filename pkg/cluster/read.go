package cluster

import (
	"context"
	"fmt"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A Sink takes in the objects of a list one by one and keeps what it needs of
// each.
type Sink[T any] interface {
	// Reset forgets everything: the list begins, or begins again because the
	// server went away in the middle.
	Reset()
	// Add takes in one object. It is the sink's to read, not to keep.
	Add(object *T)
}

// ReadNodes gives every node to sink, holding none of them. The list is
// complete or the error is not nil.
func (c *Client) ReadNodes(ctx context.Context, sink Sink[corev1.Node]) error {
	if took, err := c.shared.readNodes(ctx, sink); took {
		return err
	}
	return c.readPages(ctx, "nodes", sink.Reset, func(opts metav1.ListOptions) (string, error) {
		page, err := c.Kube.CoreV1().Nodes().List(ctx, opts)
		if err != nil {
			return "", err
		}
		addAll(sink, page.Items)
		return page.Continue, nil
	})
}

// Warnings is the field selector of the events that tell of trouble.
const Warnings = "type=" + corev1.EventTypeWarning

// ReadEvents gives every event of a namespace, or of all (""), that the field
// selector chooses ("" is every one) to sink. API servers keep events for an
// hour (Kubernetes' default).
func (c *Client) ReadEvents(ctx context.Context, namespace, fields string, sink Sink[corev1.Event]) error {
	if took, err := c.shared.readEvents(ctx, namespace, fields, sink); took {
		return err
	}
	return c.readPages(ctx, "events"+inNamespace(namespace), sink.Reset, func(opts metav1.ListOptions) (string, error) {
		opts.FieldSelector = fields
		page, err := c.Kube.CoreV1().Events(namespace).List(ctx, opts)
		if err != nil {
			return "", err
		}
		addAll(sink, page.Items)
		return page.Continue, nil
	})
}

// ReadNodeLeases gives the lease of every node to sink: kubelets renew theirs
// every ten seconds (Kubernetes' default), whatever the node's conditions say.
// A lease has its node's name.
func (c *Client) ReadNodeLeases(ctx context.Context, sink Sink[coordinationv1.Lease]) error {
	return c.readPages(ctx, "leases of nodes", sink.Reset, func(opts metav1.ListOptions) (string, error) {
		page, err := c.Kube.CoordinationV1().Leases(corev1.NamespaceNodeLease).List(ctx, opts)
		if err != nil {
			return "", err
		}
		addAll(sink, page.Items)
		return page.Continue, nil
	})
}

// mostMaps is how many ConfigMaps are asked for at once: each may have 1 MiB.
const mostMaps = 20

// ReadConfigMaps gives every ConfigMap of a namespace that the label selector
// chooses to sink.
func (c *Client) ReadConfigMaps(ctx context.Context, namespace, selector string, sink Sink[corev1.ConfigMap]) error {
	return c.readPages(ctx, "ConfigMaps"+inNamespace(namespace), sink.Reset, func(opts metav1.ListOptions) (string, error) {
		opts.LabelSelector, opts.Limit = selector, mostMaps
		page, err := c.Kube.CoreV1().ConfigMaps(namespace).List(ctx, opts)
		if err != nil {
			return "", err
		}
		addAll(sink, page.Items)
		return page.Continue, nil
	})
}

func addAll[T any](sink Sink[T], items []T) {
	for i := range items {
		sink.Add(&items[i])
	}
}

// readPages reads a list page by page, and begins again if the server goes away
// in the middle. page reads one and returns how to ask for the next.
func (c *Client) readPages(ctx context.Context, what string, reset func(), page func(metav1.ListOptions) (next string, err error)) error {
	err := retry(ctx, func(int) error {
		reset()
		opts := metav1.ListOptions{Limit: pageSize}
		for {
			next, err := page(opts)
			if err != nil || next == "" {
				return err
			}
			opts.Continue = next
		}
	})
	if err != nil {
		return fmt.Errorf("list %s: %w", what, c.Plain(err))
	}
	return nil
}

// retry calls read, again where that may help, a few times with growing rests
// between. try counts from 1.
func retry(ctx context.Context, read func(try int) error) error {
	delay := tryDelay
	for try := 1; ; try++ {
		err := read(try)
		if err == nil || try == tries || !worthAnotherTry(err) {
			return err
		}
		if err := Sleep(ctx, delay); err != nil {
			return err
		}
		delay *= 2
	}
}
