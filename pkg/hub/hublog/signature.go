package hublog

import "regexp"

// ID names a signature.
type ID string

// Grade says how grave a signature is.
type Grade string

// The grades, the gravest first. Whether a Hub is sick is not told by a grade
// alone: some trouble is in every Hub's log.
const (
	Grave   Grade = "grave"   // the Hub itself is hurt
	Trouble Grade = "trouble" // something failed for somebody
	Notice  Grade = "notice"  // as it happens on good days
)

// Signature is a kind of line that means something.
type Signature struct {
	ID    ID     `json:"id"`
	What  string `json:"what"`  // in few words
	Means string `json:"means"` // in plain words
	Grade Grade  `json:"grade"`
}

// pattern is how a signature's lines are known: by a fixed text, and then by an
// expression that also picks out what they tell. Groups have one of the names
// who (a user, or a pod), secs, kind, n and max.
type pattern struct {
	Signature
	anchors    []string
	expression *regexp.Regexp
}

// The signatures. The texts are those of JupyterHub 0.8 to 6.0, KubeSpawner 0.5
// to 7.1, the idle culler 1 and 2, and BinderHub.
const (
	ReflectorDead    ID = "reflector-dead"
	ReflectorHalt    ID = "reflector-halt"
	ReflectorFailed  ID = "reflector-failed"
	ReflectorMissed  ID = "reflector-missed"
	Abort            ID = "abort"
	StopLost         ID = "stop-lost"
	ReflectorError   ID = "reflector-error"
	AlreadyGone      ID = "already-gone"
	SpawnsFailed     ID = "spawns-failed"
	StartTimeout     ID = "start-timeout"
	PodStartTimeout  ID = "pod-start-timeout"
	StopTimeout      ID = "stop-timeout"
	CleanupFailed    ID = "cleanup-failed"
	HTTPTimeout      ID = "http-timeout"
	Unhandled        ID = "unhandled-error"
	KubernetesSlow   ID = "kubernetes-slow"
	ProxyFailed      ID = "proxy-failed"
	SlowStop         ID = "slow-stop"
	SlowStart        ID = "slow-start"
	StillStopping    ID = "still-stopping"
	StillPending     ID = "still-pending"
	Throttled        ID = "throttled"
	Full             ID = "full"
	StoppedByItself  ID = "server-vanished"
	LostWhileDown    ID = "lost-while-down"
	NotAnswering     ID = "not-answering"
	EventLoop        ID = "event-loop"
	TruncatedList    ID = "truncated-list"
	MissingRoute     ID = "missing-route"
	StaleRoute       ID = "stale-route"
	CullSkipped      ID = "cull-skipped"
	CullFailed       ID = "cull-failed"
	CullSlow         ID = "cull-slow"
	ReflectorTimeout ID = "reflector-timeout"
	ReflectorEnded   ID = "reflector-ended"
	ReflectorBegan   ID = "reflector-began"
	Culled           ID = "culled"
	StillRunning     ID = "still-running"
	HubStarted       ID = "hub-started"
	HubVersion       ID = "hub-version"
	SpawnersRead     ID = "spawners-read"
	Started          ID = "server-started"
	BinderFull       ID = "binder-full"
	RepoQuota        ID = "repo-quota"
	BinderToHub      ID = "binder-to-hub"
	BinderRetries    ID = "binder-retries"
	BinderUnhealthy  ID = "binder-unhealthy"
	GitHubLimit      ID = "github-limit"
)
