package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// fieldManager is the name under which the API server notes what binderctl set.
const fieldManager = "binderctl"

// NodeChange is what is to be different about a node.
type NodeChange struct {
	Unschedulable bool
	// Annotations are set, or removed where the value is nil; others stay.
	Annotations map[string]*string
	// DryRun asks the server to check everything and change nothing.
	DryRun bool
}

// ChangeNode changes one node, and only if it still is the one that was read,
// as it was: otherwise the error is a conflict. Like DeletePod it asks once.
func (c *Client) ChangeNode(ctx context.Context, name string, uid types.UID, resourceVersion string, change NodeChange) error {
	patch := map[string]any{
		"metadata": map[string]any{"uid": uid, "resourceVersion": resourceVersion, "annotations": change.Annotations},
		"spec":     map[string]any{"unschedulable": nullIfFalse(change.Unschedulable)},
	}
	body, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("write patch: %w", err)
	}
	request := c.Kube.CoreV1().RESTClient().Patch(types.MergePatchType).
		Resource("nodes").Name(name).Param("fieldManager", fieldManager)
	if change.DryRun {
		request = request.Param("dryRun", metav1.DryRunAll)
	}
	return c.plain(request.Body(body).MaxRetries(0).Do(ctx).Error())
}

// nullIfFalse leaves no trace of a field that is false, as kubectl does.
func nullIfFalse(value bool) any {
	if value {
		return true
	}
	return nil
}
