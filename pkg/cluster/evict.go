package cluster

import (
	"context"
	"errors"
	"strings"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// EvictPod asks once for one pod to leave its node, which a PodDisruptionBudget
// may forbid (see Guarded), and only if it still is the pod with this UID. It
// is to eviction what DeletePod is to deletion.
func (c *Client) EvictPod(ctx context.Context, namespace, name string, uid types.UID, dryRun bool) error {
	eviction := &policyv1.Eviction{
		ObjectMeta:    metav1.ObjectMeta{Namespace: namespace, Name: name},
		DeleteOptions: &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}},
	}
	if dryRun {
		eviction.DeleteOptions.DryRun = []string{metav1.DryRunAll}
	}
	status := &metav1.Status{}
	err := c.Kube.CoreV1().RESTClient().Post().
		Namespace(namespace).Resource(string(corev1.ResourcePods)).Name(name).SubResource("eviction").
		Body(eviction).MaxRetries(0).
		Do(ctx).Into(status)
	if err == nil && status.Status == metav1.StatusFailure { // some refusals come as if created
		err = apierrors.FromObject(status)
	}
	return c.Plain(err)
}

const (
	// manyBudgets is what the API server says of a pod that several budgets
	// choose: it evicts none such, ever.
	manyBudgets = "more than one PodDisruptionBudget"
	// webhookSays begins the refusal of an admission webhook, some of which guard
	// pods as a budget does.
	webhookSays = "admission webhook"
)

// Guarded reports whether an eviction was refused for the pod's sake, by its
// PodDisruptionBudget or by a webhook in the place of one: what was said of it,
// and whether that may change by itself. Such a refusal looks like that of a
// server with too much to do, and is none.
func Guarded(err error) (says string, mayPass, guarded bool) {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	switch {
	case !ok:
		return "", false, false
	case strings.Contains(status.Status().Message, manyBudgets):
		return "several PodDisruptionBudgets choose it, which the API server does not allow for", false, true
	case !apierrors.IsTooManyRequests(err):
		return "", false, false
	}
	if cause, ok := apierrors.StatusCause(err, policyv1.DisruptionBudgetCause); ok {
		return cause.Message, true, true
	}
	says = status.Status().Message
	guarded = strings.HasPrefix(says, webhookSays)
	return says, guarded, guarded
}
