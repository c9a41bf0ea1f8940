package nodes

import (
	"fmt"
	"strings"
	"time"
)

const (
	// recent is how far back events count. API servers keep them for an hour
	// (Kubernetes' default); some are told to keep them for a day.
	recent = 2 * time.Hour
	// settling is how long a new node is not judged by what does not go yet: no
	// image is there, and its first statistics fail.
	settling = 15 * time.Minute
)

// askEvents notes what the kernel and the kubelets reported.
func (q *inquiry) askEvents() {
	for i := range q.incidents {
		one := &q.incidents[i]
		switch {
		case q.lateness(one.last) > recent:
		case one.onNode:
			q.askNodeEvent(one)
		default:
			q.askPodEvent(one)
		}
	}
	q.askOOMServices()
}

func (q *inquiry) askNodeEvent(one *incident) {
	clue := nodeEventClue(one)
	if n := q.byName[one.host]; n == nil || clue == "" || clue == UpkeepFailed && one.last.Sub(n.Created) < settling {
		return
	}
	q.note(one.host, clue, one.reason, fact{"node " + one.host, eventText(one), one.last})
}

func eventText(one *incident) string {
	text := one.reason
	if message := strings.TrimSpace(one.message); message != "" {
		text += ": " + firstLine(message)
	}
	if one.count > 1 {
		text += fmt.Sprintf(" (%d times)", one.count)
	}
	return text
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// nodeEventClue says what kind of evidence a warning about a node is, "" if it
// is none.
func nodeEventClue(one *incident) Clue {
	switch one.reason {
	case "SystemOOM":
		return SystemOOM
	case "OOMKilling": // of node-problem-detector, which repeats the kernel's words
		if strings.Contains(one.message, "emory cgroup out of memory") {
			return CgroupOOM
		}
		return SystemOOM
	case "TaskHung", "KernelOops", "Ext4Error", "Ext4Warning", "IOError", "MemoryReadError", "FilesystemIsReadOnly",
		"DockerHung", "AUFSUmountHung", "XfsHasShutdown", "CorruptDockerImage", "CorruptDockerOverlay2", "UnregisterNetDevice":
		return KernelEvent
	case "EvictionThresholdMet", "FreeDiskSpaceFailed":
		return EvictionEvent
	case "ImageGCFailed", "ContainerGCFailed":
		return UpkeepFailed
	case "Rebooted":
		return Rebooted
	case "InvalidDiskCapacity", "CgroupV1", "PossibleMemoryBackedVolumesOnDisk", "DNSConfigForming",
		"CheckLimitsForResolvConf", "NodeSysctlChange", "Unhealthy":
		return "" // said of healthy nodes too, at their start or for ever
	default:
		return OtherEvent
	}
}

// askPodEvent holds what happened to a pod against the pod's node or, of a pod
// that is gone, the node whose kubelet says so. That another pod has its name
// now, maybe elsewhere, is no concern of that one's node.
func (q *inquiry) askPodEvent(one *incident) {
	clue := podEventClue(one)
	if clue == "" {
		return
	}
	node, key := one.host, one.pod
	if g := q.byUID[one.uid]; g != nil {
		if clue != PodEvicted && (g.ready || g.finished()) {
			return // it has got over it
		}
		node, key = g.node, alike(g)
		if clue == PodEvicted {
			key = one.pod
		}
	}
	q.note(node, clue, key, fact{"pod " + one.pod, eventText(one), one.last})
}

// podEventClue says what kind of evidence against its node a warning about a
// pod is, "" if it is none: a probe that fails, a back-off (which the pod's own
// status tells better), the scheduler's words.
func podEventClue(one *incident) Clue {
	switch one.reason {
	case "FailedCreatePodSandBox", "FailedPodSandBoxStatus", "NetworkNotReady", "FailedKillPod":
		return SandboxFailed
	case "FailedMount", "FailedAttachVolume", "FailedMapVolume":
		return MountFailed
	case "Evicted":
		return PodEvicted
	default:
		return ""
	}
}

// alike is what pods have in common that fail for the same reason: their owner
// or, of users' pods and builds, their image.
func alike(g *guest) string {
	if g.owner != "" {
		return g.owner
	}
	return g.image
}

// askOOMServices notes pods of the service itself that were killed for memory,
// where the kernel reported a lack of it too. Killed for memory alone is a
// container over its own limit.
func (q *inquiry) askOOMServices() {
	for i := range q.guests {
		g := &q.guests[i]
		if !g.service() || !q.has(g.node, SystemOOM) && !q.has(g.node, CgroupOOM) {
			continue
		}
		for _, t := range g.troubles {
			if t.death == oomKilled && q.lateness(t.died) < recent {
				q.note(g.node, OOMService, alike(g), fact{
					"pod " + g.place(), fmt.Sprintf("container %s was killed for memory", t.container), t.died,
				})
			}
		}
	}
}

const oomKilled = "OOMKilled"

// pullFailing reports whether a pod's image cannot be pulled.
func pullFailing(waiting string) bool {
	switch waiting {
	case "ImagePullBackOff", "ErrImagePull", "RegistryUnavailable":
		return true
	default:
		return false
	}
}

// askPulls notes images that cannot be pulled on one node alone; those that fail
// on several are the image's fault or the registry's.
func (q *inquiry) askPulls() {
	nodesOf := map[string]map[string]bool{}
	failing := func(yield func(*guest, *trouble)) {
		for i := range q.guests {
			if t := q.guests[i].looping(); t != nil && pullFailing(t.waiting) {
				yield(&q.guests[i], t)
			}
		}
	}
	failing(func(g *guest, _ *trouble) {
		if nodesOf[g.image] == nil {
			nodesOf[g.image] = map[string]bool{}
		}
		nodesOf[g.image][g.node] = true
	})
	failing(func(g *guest, t *trouble) {
		if len(nodesOf[g.image]) == 1 {
			q.note(g.node, PullFailed, g.image, fact{"pod " + g.place(), t.waiting + " of " + shortImage(g.image), g.scheduled})
		}
	})
}

// shortImage is an image without its registry and tag.
func shortImage(image string) string {
	image = image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ := strings.Cut(image, ":")
	return name
}
