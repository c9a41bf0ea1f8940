package nodes

// Threshold is the suspicion from which a node is called unhealthy. It is more
// than any one kind of evidence weighs that ordinary days bring, and no more
// than one that leaves no doubt.
const Threshold = 10

// Clue is a kind of evidence against a node.
type Clue string

// The kinds of evidence there are.
const (
	NotReady       Clue = "not-ready"
	SilentKubelet  Clue = "silent-kubelet"
	NoNetwork      Clue = "no-network"
	KernelProblem  Clue = "kernel-problem"
	Pressure       Clue = "pressure"
	OtherCondition Clue = "other-condition"
	CameBack       Clue = "came-back"
	OldAge         Clue = "old-age"

	KernelEvent   Clue = "kernel-event"
	SystemOOM     Clue = "system-oom"
	CgroupOOM     Clue = "cgroup-oom"
	OOMService    Clue = "oom-service"
	EvictionEvent Clue = "eviction-event"
	UpkeepFailed  Clue = "upkeep-failed"
	Rebooted      Clue = "rebooted"
	OtherEvent    Clue = "other-event"

	SandboxFailed Clue = "sandbox-failed"
	MountFailed   Clue = "mount-failed"
	PullFailed    Clue = "pull-failed"
	PodEvicted    Clue = "pod-evicted"

	LoopOnlyHere   Clue = "loop-only-here"
	LoopAlone      Clue = "loop-alone"
	LoopEverywhere Clue = "loop-everywhere"
	LoopsHere      Clue = "loops-here"
	RestartsHere   Clue = "restarts-here"
	StuckCreating  Clue = "stuck-creating"
	StuckEnding    Clue = "stuck-ending"
	UsersFailed    Clue = "users-failed"
	NothingStarts  Clue = "nothing-starts"
)

// Weight says how much a kind of evidence counts against a node: First for the
// first object that shows it, More for each further one, Cap at most.
type Weight struct {
	Clue  Clue    `json:"clue"`
	First float64 `json:"first"`
	More  float64 `json:"more"`
	Cap   float64 `json:"cap"`
	// Shared evidence tells little if many nodes show it: then the fault is the
	// cluster's, and it counts a quarter.
	Shared bool   `json:"shared"`
	Why    string `json:"why"`
}

// Weights is the whole of what is held against a node. docs/suspicion.md says
// the same in a table.
func Weights() []Weight {
	return []Weight{
		// What the node says of itself.
		{NotReady, 20, 0, 20, false, "nothing new starts there, and nothing there ends"},
		{NoNetwork, 15, 0, 15, false, "the node has no route, so its pods reach nobody"},
		{SilentKubelet, 12, 0, 12, true, "its kubelet renews a lease every 10 s, and has not for 40 s; where many have not, the API server is slow"},
		{KernelProblem, 12, 4, 20, false, "node-problem-detector calls it a lasting problem of kernel, disk or runtime"},
		{Pressure, 10, 3, 16, false, "the kubelet takes no pods and evicts some"},
		{OtherCondition, 2, 1, 4, true, "somebody's monitor reports a problem that binderctl does not know"},
		{CameBack, 3, 0, 3, true, "it was not ready less than an hour ago, and what did that may come again"},
		{OldAge, 0.5, 0, 0.5, false, "after four days things wear out; mybinder.org's operators replace such nodes"},

		// What the kernel and the kubelet reported in the last two hours.
		{KernelEvent, 8, 3, 12, true, "a task hung, or the kernel or a file system failed"},
		{SystemOOM, 6, 2, 8, true, "the whole node ran out of memory, and the kernel killed what it found"},
		{CgroupOOM, 2, 0.5, 3, true, "a container went over its own limit: a user's on most days, a build without a limit on others"},
		{OOMService, 4, 2, 8, true, "pods of the service itself were killed for memory where the kernel reported a lack of it"},
		{EvictionEvent, 5, 2, 9, true, "the node was short of memory or disk, and said so"},
		{UpkeepFailed, 1.5, 1, 4, true, "images or dead containers could not be removed, so the disk fills"},
		{Rebooted, 3, 0, 3, true, "it was started anew, and what did that may come again"},
		{OtherEvent, 0.5, 0.5, 1.5, true, "a warning about the node that binderctl does not know"},

		// What happened to single pods there.
		{SandboxFailed, 4, 1.5, 9, true, "no network or no runtime for a pod: the node's to provide"},
		{MountFailed, 1.5, 1.5, 7, true, "a volume could not be mounted, and still is not"},
		{PullFailed, 1.5, 1.5, 6, true, "an image cannot be pulled there, and can elsewhere"},
		{PodEvicted, 3, 1, 6, true, "the kubelet threw a pod out, for lack of memory or disk"},

		// How its pods fare, beside the pods of other nodes.
		{LoopOnlyHere, 6, 3, 15, true, "the same thing runs well on other nodes"},
		{LoopAlone, 2, 1.5, 5, true, "it may be the node; there is no other replica to tell"},
		{LoopEverywhere, 1, 0.5, 2, true, "its replicas on other nodes crash too, so it is rather the program"},
		{LoopsHere, 4, 0, 4, true, "different things crash there, more than chance would have"},
		{RestartsHere, 3, 0, 3, true, "containers died there in the last hour, more than chance would have"},
		{StuckCreating, 2, 1, 8, true, "a pod waits there for more than five minutes for its containers"},
		{StuckEnding, 2, 1, 8, true, "a pod should be gone for more than a minute, and nothing but the node holds it"},
		{UsersFailed, 5, 0.3, 8, true, "users' servers failed there in the last hour, more than chance would have"},
		{NothingStarts, 6, 0, 6, true, "no pod that came in the last half hour has become ready, while elsewhere they do"},
	}
}

// of is how much so many objects weigh.
func (w Weight) of(objects int, shared bool) float64 {
	weight := min(w.Cap, w.First+w.More*float64(objects-1))
	if shared && w.Shared {
		weight *= sharedFactor
	}
	return weight
}

// Evidence is shared if at least sharedNodes nodes show it, and these are more
// than one of sharedPart of all.
const (
	sharedFactor = 0.25
	sharedNodes  = 3
	sharedPart   = 3
)
