package launchtest

import (
	"regexp"
	"strings"
)

// stageOf says which stage an event begins, in a launch that is in stage now.
// Events that tell nothing new leave it where it is.
func stageOf(event Event, now Stage) Stage {
	switch event.Phase {
	case "waiting":
		if strings.Contains(event.Message, "Trying again with") { // another name of the main branch
			return Resolve
		}
		return Queue
	case "fetching":
		return Fetch
	case "building":
		return Build
	case "pushing":
		return Push
	case "built":
		return Registry
	case "launching":
		return stageOfLaunch(event.Message, now)
	case "ready":
		return ServerUp
	default: // the build's log: without a phase, or with "unknown"
		if now == Queue || now == Connect || now == Resolve {
			return Fetch
		}
		return now
	}
}

// hints are words in a launch's messages, of BinderHub, the Hub and Kubernetes,
// and the stage that begins with each. The first that fits counts.
func hints() []struct {
	words string
	stage Stage
} {
	return []struct {
		words string
		stage Stage
	}{
		{"Launching server", HubUser},
		{"Launch attempt", HubUser},
		{"Server requested", Spawn},
		{"Spawning server", Spawn},
		{"Server ready at", Route},
		{"nodes are available", Schedule},
		{"no nodes available", Schedule},
		{"triggered scale-up", Schedule},
		{"didn't trigger scale-up", Schedule},
		{"Preempted", Schedule},
		{"Back-off pulling image", Pull},
		{"Failed to pull image", Pull},
		{"ErrImagePull", Pull},
		{"ImagePullBackOff", Pull},
		{"Pulling image", Pull},
		{"Successfully pulled image", Start},
		{"already present on machine", Start},
		{"Created container", Start},
		{"Container created", Start},
		{"Started container", Route},
		{"Container started", Route},
		{"Failed to create pod sandbox", Start},
		{"FailedMount", Start},
		{"MountVolume", Start},
		{"Back-off restarting failed container", Start},
		{"probe failed", Route},
	}
}

// kubernetesPattern is how KubeSpawner tells of an event of the pod.
var kubernetesPattern = regexp.MustCompile(`\[(Normal|Warning)\] `)

func stageOfLaunch(message string, now Stage) Stage {
	for _, hint := range hints() {
		if strings.Contains(message, hint.words) {
			return hint.stage
		}
	}
	switch {
	case now.Before(HubUser):
		return HubUser
	case strings.Contains(message, "Successfully assigned") && now.Before(Pull): // the scheduler often tells late
		return Pull
	case now == Spawn && kubernetesPattern.MatchString(message):
		return Schedule
	default:
		return now
	}
}
