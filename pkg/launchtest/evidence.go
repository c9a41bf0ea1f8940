package launchtest

// Evidence is what the cluster tells of a launch's pod.
type Evidence struct{}
