package cluster

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// DeleteOptions are the choices an operator has about how a pod is deleted.
type DeleteOptions struct {
	// GracePeriod is how many seconds the pod's processes have to end. nil
	// leaves it to the pod's own terminationGracePeriodSeconds; 0 removes the
	// record at once, whether or not the processes have ended.
	GracePeriod *int64
	// ResourceVersion, if it is not empty, has the pod deleted only if nothing
	// about it has changed since.
	ResourceVersion string
	// DryRun asks the server to check everything and delete nothing.
	DryRun bool
}

// DeletePod asks once for one pod's deletion, and only if it still is the pod
// with this UID: a namesake made since is a conflict. Unlike client-go's own
// delete it does not sleep and ask again when the server has too much to do,
// so that a Pacer can hold the others back as well.
func (c *Client) DeletePod(ctx context.Context, namespace, name string, uid types.UID, opts DeleteOptions) error {
	options := metav1.DeleteOptions{
		GracePeriodSeconds: opts.GracePeriod,
		Preconditions:      &metav1.Preconditions{UID: &uid},
	}
	if opts.ResourceVersion != "" {
		options.Preconditions.ResourceVersion = &opts.ResourceVersion
	}
	if opts.DryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return c.Plain(c.Kube.CoreV1().RESTClient().Delete().
		Namespace(namespace).Resource(string(corev1.ResourcePods)).Name(name).
		Body(&options).MaxRetries(0).
		Do(ctx).Error())
}
