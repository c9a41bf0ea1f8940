package plane

import (
	_ "embed"
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
`

// writeKwokConfig writes what the simulated kubelets do: KWOK's own stages, of
// which the one that starts pods leaves alone those that are to stay Pending.
func writeKwokConfig(path, heartbeat string) error {
	start, err := sparing(pod.DefaultPodReady, binderhub.KeepPending)
	if err != nil {
		return err
	}
	stages := []string{kwokOptions, node.DefaultNodeInit, heartbeat, start, pod.DefaultPodComplete, pod.DefaultPodDelete}
	if err := os.WriteFile(path, []byte(strings.Join(stages, "\n---\n")), 0o600); err != nil {
		return fmt.Errorf("write KWOK's configuration: %w", err)
	}
	return nil
}

// sparing has a stage pass by the objects that carry an annotation.
func sparing(stage, annotation string) (string, error) {
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
	parsed.Spec.Selector.MatchExpressions = append(parsed.Spec.Selector.MatchExpressions, map[string]string{
		"key": fmt.Sprintf(".metadata.annotations[%q]", annotation), "operator": "DoesNotExist",
	})
	content, err := yaml.Marshal(parsed)
	if err != nil {
		return "", fmt.Errorf("write KWOK's stage: %w", err)
	}
	return string(content), nil
}
