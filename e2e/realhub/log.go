package realhub

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/yaml"
)

// containerLog is the log of the hub pod's container, in the format of
// container runtimes, in the file from which the game day serves it.
type containerLog struct {
	path    string
	history string // a file that keeps what earlier pods wrote too, as it was written
	lock    sync.Mutex
}

// logFile finds the file from which the game day serves the log of a namespace's
// hub pods: what its simulated kubelets are told is written there.
func logFile(day, namespace string) (string, error) {
	text, err := os.ReadFile(filepath.Join(day, "kwok.yaml"))
	if err != nil {
		return "", fmt.Errorf("find the hub pod's log: %w", err)
	}
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var logs struct {
			Kind string `json:"kind"`
			Spec struct {
				Selector struct {
					MatchNamespaces []string `json:"matchNamespaces"`
				} `json:"selector"`
				Logs []struct {
					Containers []string `json:"containers"`
					LogsFile   string   `json:"logsFile"`
				} `json:"logs"`
			} `json:"spec"`
		}
		if err := yaml.Unmarshal(document, &logs); err != nil || logs.Kind != "ClusterLogs" {
			continue
		}
		for _, log := range logs.Spec.Logs {
			if slices.Contains(logs.Spec.Selector.MatchNamespaces, namespace) && slices.Contains(log.Containers, "hub") {
				return log.LogsFile, nil
			}
		}
	}
	return "", errors.New("find the hub pod's log: the game day serves none; its scenario needs a container hub")
}

// begin empties the log: a new pod has written nothing.
func (l *containerLog) begin() error {
	l.lock.Lock()
	defer l.lock.Unlock()
	if err := os.WriteFile(l.path, nil, 0o600); err != nil {
		return fmt.Errorf("begin the hub pod's log: %w", err)
	}
	return nil
}

// add adds a line. A log that cannot be written is one that a test misses.
func (l *containerLog) add(line string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	appendTo(l.path, fmt.Sprintf("%s stderr F %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z07:00"), line))
	appendTo(l.history, line+"\n")
}

func appendTo(path, text string) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer file.Close()
	_, _ = file.WriteString(text)
}

// text is the log as the Hub wrote it.
func (l *containerLog) text() (string, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	raw, err := os.ReadFile(l.path)
	if err != nil {
		return "", fmt.Errorf("read the hub pod's log: %w", err)
	}
	var text strings.Builder
	for line := range strings.Lines(string(raw)) {
		if parts := strings.SplitN(line, " ", 4); len(parts) == 4 {
			text.WriteString(parts[3])
		}
	}
	return text.String(), nil
}
