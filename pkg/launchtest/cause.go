package launchtest

// Cause names a kind of failure. Each has words and a next step of its own.
type Cause string

// What stands in front of BinderHub, or in its place.
const (
	NoSuchHost     Cause = "no such host"
	Unreachable    Cause = "unreachable"
	BadCertificate Cause = "bad certificate"
	BadGateway     Cause = "bad gateway"
	RedirectLoop   Cause = "redirect loop"
	NotABinder     Cause = "not a BinderHub"
	BrokenOff      Cause = "broken off"
	Silent         Cause = "silent"
)

// What BinderHub refuses.
const (
	RateLimited     Cause = "rate limit"
	TotalQuota      Cause = "total quota"
	RepoQuota       Cause = "repository quota"
	BannedAddress   Cause = "banned address"
	BannedRepo      Cause = "banned repository"
	NotAllowed      Cause = "not allowed"
	BadRequest      Cause = "bad request"
	UnknownProvider Cause = "unknown provider"
	BadSpec         Cause = "bad spec"
	ServerExists    Cause = "server exists"
)

// What breaks behind BinderHub.
const (
	UnknownRef   Cause = "unknown ref"
	RefError     Cause = "ref not resolved"
	GitHubLimit  Cause = "GitHub rate limit"
	BuildFailed  Cause = "build failed"
	BuildUnseen  Cause = "build not watched"
	NoHub        Cause = "Hub does not make users"
	SpawnRefused Cause = "Hub refuses the server"
	NoNode       Cause = "no node"
	NoImage      Cause = "image not pulled"
	PodFailed    Cause = "pod does not start"
	SpawnFailed  Cause = "spawn failed"
	SpawnSlow    Cause = "spawn too slow"
	Overlooked   Cause = "pod not noticed"
	Unexplained  Cause = "unexplained"
)

// What is wrong with the server that came of it.
const (
	ForeignServer  Cause = "server on another host"
	NoRoute        Cause = "no route to the server"
	ServerSilent   Cause = "server silent"
	TokenRefused   Cause = "token refused"
	KernelFailed   Cause = "kernel does not start"
	KernelSilent   Cause = "kernel does not answer"
	KernelDied     Cause = "kernel died"
	WrongAnswer    Cause = "wrong answer"
	StillThere     Cause = "server not gone"
	ShutdownFailed Cause = "shutdown refused"
)

// What the clock or the operator ended.
const (
	StageTooLong  Cause = "stage too long"
	LaunchTooLong Cause = "launch too long"
	ByOperator    Cause = "stopped"
)

// Step is what to do next: in words and, where binderctl has one, a command.
type Step struct {
	Words   string
	Command []string // without "binderctl"; nil if there is none
}

// Result is how a launch has ended that broke by this cause.
func (c Cause) Result() Result {
	switch c {
	case RateLimited, TotalQuota, RepoQuota:
		return Refused
	case StageTooLong, LaunchTooLong, Silent:
		return TimedOut
	case ByOperator:
		return Stopped
	default:
		return Failed
	}
}

// Words say what a cause means, for whoever does not know BinderHub.
func (c Cause) Words() string { return meanings()[c].words }

// Next is what to do about it.
func (c Cause) Next() Step { return meanings()[c].next }

type meaning struct {
	words string
	next  Step
}

// hubSick is the next step where the Hub fails.
func hubSick() Step {
	return Step{"see whether the Hub is well", []string{"hub", "status"}}
}

// meanings are the words and the next step of each cause.
func meanings() map[Cause]meaning {
	return map[Cause]meaning{
		NoSuchHost:     {"its name leads nowhere", Step{"check the name, and whether other names resolve from here", nil}},
		Unreachable:    {"nobody takes the connection", Step{"see whether the proxy and the ingress run", []string{"pods", "crashloops"}}},
		BadCertificate: {"its certificate is not to be trusted", Step{"see why it was not renewed: kubectl get certificates,orders,challenges", nil}},
		BadGateway:     {"what stands in front of BinderHub does not reach it", Step{"see whether the binder pod runs", []string{"pods", "crashloops"}}},
		RedirectLoop:   {"hosts send the launch round and round", Step{"ask each member by itself: --member all", nil}},
		NotABinder:     {"something else than BinderHub answers", Step{"check --binder-url, and where its ingress leads: kubectl get ingress", nil}},
		BrokenOff:      {"the stream ended before the launch did", Step{"see whether the binder pod was restarted, or a proxy cut the stream", []string{"pods", "crashloops"}}},
		Silent:         {"the stream is open and nothing comes, not even signs of life", Step{"see whether the binder pod is stuck: kubectl logs deployment/binder", nil}},

		RateLimited:     {"too many launches from this address of late; the service may be well", Step{"wait for an hour, or launch from elsewhere", nil}},
		TotalQuota:      {"the BinderHub is full", Step{"see who uses it", []string{"pods", "list", "--group-by", "repo"}}},
		RepoQuota:       {"too many use this repository at once; others may be launched", Step{"see who uses it", []string{"pods", "list", "--group-by", "repo"}}},
		BannedAddress:   {"launches from this address are banned", Step{"launch from elsewhere, or see ban_networks in BinderHub's settings", nil}},
		BannedRepo:      {"the repository is banned", Step{"take another, or see banned_specs in BinderHub's settings", nil}},
		NotAllowed:      {"it lets in only who has logged in", Step{"test launches are for BinderHubs that are open to all", nil}},
		BadRequest:      {"BinderHub did not understand the request", Step{"see whether something in front changes its headers", nil}},
		UnknownProvider: {"this BinderHub does not launch from there", Step{"see where it launches from: its /api/repoproviders", nil}},
		BadSpec:         {"BinderHub cannot read which repository is meant", Step{"paste the repository's URL, and give the ref with --ref", nil}},
		ServerExists:    {"the user has a server already", Step{"stop that one first", nil}},

		UnknownRef:   {"the repository or the ref is not there, or is not public", Step{"check both, and give the ref with --ref", nil}},
		RefError:     {"BinderHub does not reach the place of the repository", Step{"see what it says, and whether pods get out: kubectl logs deployment/binder", nil}},
		GitHubLimit:  {"BinderHub has asked GitHub too often", Step{"see whether its GitHub token is there and valid; by the ref of a commit no question is asked", nil}},
		BuildFailed:  {"the build of the image failed", Step{"see its log with --log; and whether another repository builds: if not, see the builders", []string{"pods", "crashloops"}}},
		BuildUnseen:  {"BinderHub lost sight of the build pod", Step{"see whether the API server is well", []string{"nodes", "find-unhealthy"}}},
		NoHub:        {"the Hub makes no users: it is down, or does not accept BinderHub's token", hubSick()},
		SpawnRefused: {"the Hub takes on no server: it is busy, full or unwell", hubSick()},
		NoNode:       {"no node takes the pod", Step{"see what room there is", []string{"nodes", "list"}}},
		NoImage:      {"the node does not get the image", Step{"see whether it is that node, or the registry", []string{"nodes", "find-unhealthy"}}},
		PodFailed:    {"the container does not start", Step{"see whether it is that node", []string{"nodes", "find-unhealthy"}}},
		SpawnFailed:  {"the Hub gave the server up", hubSick()},
		SpawnSlow:    {"the server did not come up in the time that BinderHub gives it", hubSick()},
		Overlooked:   {"the Hub does not see that the pod is ready", hubSick()},
		Unexplained:  {"BinderHub gives no reason", Step{"see its log: kubectl logs deployment/binder", nil}},

		ForeignServer:  {"the server is not known to belong to the BinderHub and to this launch, so its token was not sent there", Step{"if it does belong to it, say so with --trust-host", nil}},
		NoRoute:        {"the Hub calls the server ready, but the proxy does not lead to it", Step{"see whether the proxy and the Hub agree", []string{"hub", "status"}}},
		ServerSilent:   {"the Hub calls the server ready, but it does not answer", Step{"see whether it is its node", []string{"nodes", "find-unhealthy"}}},
		TokenRefused:   {"the server does not accept the token that BinderHub gave", Step{"see whether a proxy drops the Authorization header", nil}},
		KernelFailed:   {"the server runs, but starts no kernel", Step{"try another repository: the image may be at fault", nil}},
		KernelSilent:   {"the kernel was started, but does not answer", Step{"see whether a proxy lets websockets pass", nil}},
		KernelDied:     {"the kernel died", Step{"try another repository: the image may be at fault, or the server short of memory", nil}},
		WrongAnswer:    {"the kernel computes, but not what it was asked", Step{"try another repository: the image may be at fault", nil}},
		StillThere:     {"the server was told to stop, and still answers", Step{"see which pods the Hub has lost", []string{"pods", "orphans"}}},
		ShutdownFailed: {"the server does not take the order to stop", Step{"see which pods the Hub has lost", []string{"pods", "orphans"}}},

		StageTooLong:  {"it takes longer than it may", Step{"see what it waits for: run this where the cluster can be read, or allow more with --stage-timeout", nil}},
		LaunchTooLong: {"it takes longer than it may", Step{"see what it waits for: run this where the cluster can be read, or allow more with --timeout", nil}},
		ByOperator:    {"it was stopped", Step{}},
	}
}
