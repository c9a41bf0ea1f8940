package cluster

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// hubSelector finds the Hub's own pod on every version of the charts.
const hubSelector = appLabel + "=" + jupyterhubApp + "," + componentLabel + "=hub"

// enoughHubs is how many hub pods are looked at: more than any cluster has
// BinderHubs.
const enoughHubs = 50

// HubNamespaces names the namespaces in which a JupyterHub runs, in order.
func (c *Client) HubNamespaces(ctx context.Context) ([]string, error) {
	hubs, err := c.Kube.CoreV1().Pods("").List(ctx, metav1.ListOptions{LabelSelector: hubSelector, Limit: enoughHubs})
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range hubs.Items {
		names = append(names, hubs.Items[i].Namespace)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
