package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// FieldManager is the name under which the API server notes what binderctl set.
const FieldManager = "binderctl"

// NodeChange is what is to be different about a node.
type NodeChange struct {
	Unschedulable bool
	// Annotations are set, or removed where the value is nil; others stay.
	Annotations map[string]*string
	// DryRun asks the server to check everything and change nothing.
	DryRun bool
}

// ChangeNode changes one node, and only if it still is the one that was read,
// as it was: otherwise the error is a conflict. It returns the node as it is
// then. Like DeletePod it asks once.
func (c *Client) ChangeNode(ctx context.Context, name string, uid types.UID, resourceVersion string, change NodeChange) (*corev1.Node, error) {
	metadata := map[string]any{"uid": uid, "resourceVersion": resourceVersion}
	if len(change.Annotations) > 0 { // a null in their place would remove them all
		metadata["annotations"] = change.Annotations
	}
	patch := map[string]any{"metadata": metadata, "spec": map[string]any{"unschedulable": nullIfFalse(change.Unschedulable)}}
	body, err := json.Marshal(patch)
	if err != nil {
		return nil, fmt.Errorf("write patch: %w", err)
	}
	request := c.Kube.CoreV1().RESTClient().Patch(types.MergePatchType).
		Resource("nodes").Name(name).Param("fieldManager", FieldManager)
	if change.DryRun {
		request = request.Param("dryRun", metav1.DryRunAll)
	}
	node := &corev1.Node{}
	if err := request.Body(body).MaxRetries(0).Do(ctx).Into(node); err != nil {
		return nil, c.Plain(err)
	}
	return node, nil
}

// nullIfFalse leaves no trace of a field that is false, as kubectl does.
func nullIfFalse(value bool) any {
	if value {
		return true
	}
	return nil
}
