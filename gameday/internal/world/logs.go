package world

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// Log is what a container wrote.
type Log struct {
	Namespace string
	Pod       string // "" is any of the namespace that has such a container
	Container string
	Current   Lines
	Previous  Lines // of the container before its last restart
	Hub       bool  // it is the Hub's, which writes it while the game day lasts
}

// Lines are the last lines of a log, the last of them written at Until.
type Lines struct {
	Text  []string
	Until time.Time
}

// Logs lists the logs that the kubelets serve. The first that fits a container
// is the container's.
func (w *World) Logs() []Log {
	logs := w.logs
	for i := range w.users {
		u := &w.users[i]
		if u.group.Logs != nil {
			pod := w.userPod(i)
			logs = append(logs, Log{Namespace: pod.Namespace, Pod: pod.Name, Container: binderhub.NotebookContainer, Current: w.ownLines(u.group.Logs, u.group.Phase, u.age, u.group.Lasted)})
		}
	}
	for i := range w.builds {
		b := &w.builds[i]
		if b.group.Logs != nil {
			pod := w.buildPod(i)
			logs = append(logs, Log{Namespace: pod.Namespace, Pod: pod.Name, Container: binderhub.BuildContainer, Current: w.ownLines(b.group.Logs, b.group.Phase, b.age, b.group.Lasted)})
		}
	}
	for _, shop := range w.shops {
		for i, container := range shop.Containers {
			if i == 0 && w.scenario.Hub != nil && shop.Workload == w.scenario.Component("hub") {
				logs = append(logs, Log{Namespace: shop.Namespace, Container: container.Name, Hub: true})
				continue
			}
			logs = append(logs, Log{Namespace: shop.Namespace, Container: container.Name, Current: Lines{container.Logs, w.now}})
		}
	}
	return logs
}

// addLogs keeps what an ailing container wrote. Of one that waits to be started
// again, a kubelet shows the log from before.
func (w *World) addLogs(namespace, pod string, container *scenario.Container, sick *scenario.Sick) {
	log := Log{Namespace: namespace, Pod: pod, Container: container.Name, Current: Lines{container.Logs, w.now}}
	if sick.LastDeath != nil {
		log.Previous = Lines{sick.PreviousLogs, w.ago(time.Duration(sick.LastDeath.Ago))}
	}
	switch {
	case sick.Logs != nil:
		log.Current.Text = sick.Logs
	case sick.Waiting != "":
		log.Current = log.Previous
	}
	w.logs = append(w.logs, log)
}

// ownLines are those of a pod that ended, or still runs.
func (w *World) ownLines(text []string, phase corev1.PodPhase, age time.Duration, lasted scenario.Duration) Lines {
	if ended(phase) {
		age -= time.Duration(lasted)
	} else {
		age = 0
	}
	return Lines{text, w.ago(age)}
}
