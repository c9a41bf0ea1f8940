package plane

import (
	_ "embed" // the stages of nodes
	"fmt"
	"os"
	"strings"

	node "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	pod "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/yaml"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// kwokOptions are those of KWOK's settings that have no flag. A cluster's worth
// of kubelets works in parallel; KWOK's default is four workers for them all.
const kwokOptions = `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options:
  podPlayStageParallelism: 64
  nodePlayStageParallelism: 16
  nodeLeaseParallelism: 16
  podsOnNodeSyncParallelism: 8
  enableDebuggingHandlers: true # the containers' logs
`

// writeKwokConfig writes what the simulated kubelets do: KWOK's own stages, with
// two exceptions. Pods that a scenario keeps Pending are not started. And a pod
// that KWOK has just deleted is not deleted again on the news of it.
func writeKwokConfig(path, heartbeat string, logs []string) error {
	start, err := except(pod.DefaultPodReady, map[string]any{
		"key": fmt.Sprintf(".metadata.annotations[%q]", binderhub.KeepPending), "operator": "DoesNotExist",
	})
	if err != nil {
		return err
	}
	end, err := except(pod.DefaultPodDelete, map[string]any{
		"key": ".metadata.deletionGracePeriodSeconds", "operator": "NotIn", "values": []string{"0"},
	})
	if err != nil {
		return err
	}
	documents := append([]string{kwokOptions, node.DefaultNodeInit, heartbeat, start, pod.DefaultPodComplete, end}, logs...)
	if err := os.WriteFile(path, []byte(strings.Join(documents, "\n---\n")), 0o600); err != nil {
		return fmt.Errorf("write KWOK's configuration: %w", err)
	}
	return nil
}

// except adds an expression to those that a stage's objects have to match.
func except(stage string, expression map[string]any) (string, error) {
	var parsed struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Spec       struct {
			ResourceRef any `json:"resourceRef"`
			Selector    struct {
				MatchExpressions []any `json:"matchExpressions"`
			} `json:"selector"`
			Next any `json:"next"`
		} `json:"spec"`
	}
	if err := yaml.UnmarshalStrict([]byte(stage), &parsed); err != nil {
		return "", fmt.Errorf("read KWOK's stage: %w", err)
	}
	parsed.Spec.Selector.MatchExpressions = append(parsed.Spec.Selector.MatchExpressions, expression)
	content, err := yaml.Marshal(parsed)
	if err != nil {
		return "", fmt.Errorf("write KWOK's stage: %w", err)
	}
	return string(content), nil
}
