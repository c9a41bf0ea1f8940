package plane

import (
	_ "embed" // the stages that KWOK does not have
	"fmt"
	"os"
	"strings"

	node "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	pod "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/yaml"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// creating is what a pod that takes its time looks like meanwhile.
//
//go:embed creating.yaml
var creating string

// kwokOptions are those of KWOK's settings that have no flag. A cluster's worth
// of kubelets works in parallel; KWOK's default is four workers for them all.
const kwokOptions = `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options:
  podPlayStageParallelism: 64
  nodePlayStageParallelism: 16
  nodeLeaseParallelism: 16
  podsOnNodeSyncParallelism: 8
  enableDebuggingHandlers: true # the containers' logs and ports
`

// writeKwokConfig writes what the simulated kubelets do: KWOK's own stages, with
// some exceptions. Pods that a scenario keeps Pending are not started. Pods that
// take their time are first seen to be created. And a pod that KWOK has just
// deleted is not deleted again on the news of it.
func writeKwokConfig(path, heartbeat string, others []string) error {
	keep, slow, started := annotation(binderhub.KeepPending), annotation(binderhub.StartsIn), ".status.startTime"
	start, err := adapt(pod.DefaultPodReady, change{expressions: []any{absent(keep), absent(slow)}})
	if err != nil {
		return err
	}
	startLate, err := adapt(pod.DefaultPodReady, change{
		name: "pod-ready-late", expressions: []any{absent(keep), present(slow), present(started)}, delay: slow,
	})
	if err != nil {
		return err
	}
	end, err := adapt(pod.DefaultPodDelete, change{
		expressions: []any{map[string]any{
			"key": ".metadata.deletionGracePeriodSeconds", "operator": "NotIn", "values": []string{"0"},
		}},
		delay: annotation(binderhub.EndsIn),
	})
	if err != nil {
		return err
	}
	documents := append([]string{
		kwokOptions, node.DefaultNodeInit, heartbeat, creating, start, startLate, pod.DefaultPodComplete, end,
	}, others...)
	if err := os.WriteFile(path, []byte(strings.Join(documents, "\n---\n")), 0o600); err != nil {
		return fmt.Errorf("write KWOK's configuration: %w", err)
	}
	return nil
}

func annotation(name string) string { return fmt.Sprintf(".metadata.annotations[%q]", name) }

func present(key string) any { return map[string]any{"key": key, "operator": "Exists"} }

func absent(key string) any { return map[string]any{"key": key, "operator": "DoesNotExist"} }

// change is how a stage is to differ from KWOK's.
type change struct {
	name        string // the same by default
	expressions []any  // its objects have to match these too
	delay       string // where its objects say how long it takes; no time by default
}

// adapt changes a stage.
func adapt(stage string, to change) (string, error) {
	var parsed struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Spec       struct {
			ResourceRef any `json:"resourceRef"`
			Selector    struct {
				MatchExpressions []any `json:"matchExpressions"`
			} `json:"selector"`
			Delay any `json:"delay,omitempty"`
			Next  any `json:"next"`
		} `json:"spec"`
	}
	if err := yaml.UnmarshalStrict([]byte(stage), &parsed); err != nil {
		return "", fmt.Errorf("read KWOK's stage: %w", err)
	}
	if to.name != "" {
		parsed.Metadata["name"] = to.name
	}
	if to.delay != "" {
		parsed.Spec.Delay = map[string]any{"durationMilliseconds": 0, "durationFrom": map[string]any{"expressionFrom": to.delay}}
	}
	parsed.Spec.Selector.MatchExpressions = append(parsed.Spec.Selector.MatchExpressions, to.expressions...)
	content, err := yaml.Marshal(parsed)
	if err != nil {
		return "", fmt.Errorf("write KWOK's stage: %w", err)
	}
	return string(content), nil
}
