package hub

import (
	"time"
)

// Settings are those of a Hub's deployment that binderctl judges by. The chart
// keeps its values in the Hub's Secret, under values.yaml; where that cannot be
// read, or leaves one out, the default stands.
type Settings struct {
	// StartTimeout is how long a server may take to start (singleuser.startTimeout;
	// 300 s is the z2jh default), and to stop.
	StartTimeout time.Duration
	// MaxAge is the age at which the idle culler stops any server (cull.maxAge;
	// z2jh's default is 0, never; mybinder.org has 6 h). 0 if it never does.
	MaxAge time.Duration
	// CullEvery is how often the culler looks (cull.every; 600 s is the z2jh default).
	CullEvery time.Duration
	// Culls reports whether there is a culler at all (cull.enabled).
	Culls bool
	// FailureLimit is after how many failed launches in a row the Hub gives up and
	// exits (hub.consecutiveFailureLimit; 5 is the z2jh default).
	FailureLimit int
	// CleanupServers reports whether the Hub stops every server when it stops
	// itself (hub.config.JupyterHub.cleanup_servers, or hub.extraConfig; false is
	// the z2jh default).
	CleanupServers bool
	// Database is where the Hub keeps what it knows (hub.db.type; sqlite-pvc is
	// the z2jh default). sqlite-memory is lost with the pod.
	Database string
	// Read reports whether the chart's values were there to read.
	Read bool
}

// Defaults are z2jh's.
func Defaults() Settings {
	return Settings{
		StartTimeout: 300 * time.Second,
		CullEvery:    600 * time.Second,
		Culls:        true,
		FailureLimit: 5,
		Database:     "sqlite-pvc",
	}
}
