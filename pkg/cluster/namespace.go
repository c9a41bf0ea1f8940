package cluster

import (
	"context"
	"errors"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// hubsSelector finds BinderHubs and JupyterHubs on every version of the charts.
const hubsSelector = appLabel + " in (binder," + jupyterhubApp + ")," + componentLabel + " in (binder,hub)"

// enoughHubs is how many such pods are looked at: more than any cluster has.
const enoughHubs = 500

// HubNamespaces names the namespaces in which a BinderHub runs or, where none
// does, a JupyterHub; in order.
func (c *Client) HubNamespaces(ctx context.Context) ([]string, error) {
	hubs, err := c.Kube.CoreV1().Pods("").List(ctx, metav1.ListOptions{LabelSelector: hubsSelector, Limit: enoughHubs})
	switch {
	case err != nil:
		return nil, err
	case hubs.Continue != "":
		return nil, errors.New("find the Hub: more pods look like one than any cluster has")
	}
	found := map[Kind][]string{}
	for i := range hubs.Items {
		kind := KindOf(&hubs.Items[i])
		found[kind] = append(found[kind], hubs.Items[i].Namespace)
	}
	names := found[Binder]
	if len(names) == 0 {
		names = found[Hub]
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
