package plane

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/kwok/pkg/apis/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/internal/world"
)

// pace is how far apart the lines of a log were written.
const pace = 2 * time.Second

// writeLogs writes the containers' logs into files of dir and returns KWOK's
// objects that name them, as documents of YAML. Every other container has
// written nothing.
func writeLogs(state state.Dir, logs []world.Log) ([]string, error) {
	dir := state.ContainerLogs()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("write containers' logs: %w", err)
	}
	nothing := world.Log{}
	documents := make([]string, 0, len(logs)+1)
	for i, log := range append(logs, nothing) {
		rule := v1alpha1.Log{}
		if log.Container != "" {
			rule.Containers = []string{log.Container}
		}
		var err error
		if log.Hub {
			rule.LogsFile, err = keepLog(state.HubLog())
		} else {
			rule.LogsFile, err = writeLog(filepath.Join(dir, fmt.Sprintf("%d.log", i)), log.Current)
		}
		if err != nil {
			return nil, err
		}
		if log.Previous.Text != nil {
			if rule.PreviousLogsFile, err = writeLog(filepath.Join(dir, fmt.Sprintf("%d.log.1", i)), log.Previous); err != nil {
				return nil, err
			}
		}
		document, err := yaml.Marshal(clusterLogs(fmt.Sprintf("logs-%d", i), log, rule))
		if err != nil {
			return nil, fmt.Errorf("write KWOK's logs: %w", err)
		}
		documents = append(documents, string(document))
	}
	return documents, nil
}

func clusterLogs(name string, log world.Log, rule v1alpha1.Log) v1alpha1.ClusterLogs {
	made := v1alpha1.ClusterLogs{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.ClusterLogsKind},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.ClusterLogsSpec{Logs: []v1alpha1.Log{rule}},
	}
	if log.Namespace != "" {
		made.Spec.Selector = &v1alpha1.ObjectSelector{MatchNamespaces: []string{log.Namespace}}
		if log.Pod != "" {
			made.Spec.Selector.MatchNames = []string{log.Pod}
		}
	}
	return made
}

// keepLog makes an empty log, into which whoever plays the container writes.
func keepLog(path string) (*string, error) {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return nil, fmt.Errorf("write container's log: %w", err)
	}
	return &path, nil
}

// writeLog writes a file as container runtimes do.
func writeLog(path string, lines world.Lines) (*string, error) {
	var content strings.Builder
	for i, line := range lines.Text {
		at := lines.Until.Add(-time.Duration(len(lines.Text)-1-i) * pace)
		fmt.Fprintf(&content, "%s stderr F %s\n", at.UTC().Format("2006-01-02T15:04:05.000000000Z07:00"), line)
	}
	if err := os.WriteFile(path, []byte(content.String()), 0o600); err != nil {
		return nil, fmt.Errorf("write container's log: %w", err)
	}
	return &path, nil
}
