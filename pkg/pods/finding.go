package pods

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Finding is a container that fails, with all that tells why.
type Finding struct {
	Namespace string        `json:"namespace"`
	Pod       string        `json:"pod"`
	UID       types.UID     `json:"uid"`
	Kind      cluster.Kind  `json:"kind"`
	Container string        `json:"container"`
	Role      cluster.Role  `json:"role"`
	Image     string        `json:"image"`
	Status    string        `json:"status"`  // why it waits, such as CrashLoopBackOff; Running or Terminated between two crashes
	Message   string        `json:"message"` // the kubelet's on that
	Restarts  int           `json:"restarts"`
	Death     *Death        `json:"death"`   // null if it never ran
	BackOff   *Repeats      `json:"backOff"` // null if no event tells
	Probe     *Repeats      `json:"probe"`   // probes that failed; null if no event tells
	Start     *Repeats      `json:"start"`   // attempts to start it that failed, such as to pull its image; null if no event tells
	Owner     cluster.Owner `json:"owner"`
	Repo      string        `json:"repo"` // of users' pods and builds
	Node      string        `json:"node"`
	Created   time.Time     `json:"createdAt"`
	Log       Log           `json:"log"`
}

// Death is how a container last ended.
type Death struct {
	Reason   string    `json:"reason"` // such as OOMKilled
	ExitCode int       `json:"exitCode"`
	Signal   string    `json:"signal"` // such as SIGKILL; "" if none did it
	Message  string    `json:"message"`
	Ended    time.Time `json:"endedAt"`

	standing bool // it has not been started again since
}

// What a container is called that does not wait for anything.
const (
	statusRunning    = "Running"
	statusTerminated = "Terminated"
	statusCrashing   = "CrashLoopBackOff"
)

// findings lists the containers of a pod that fail.
func (p *patient) findings(events troubles, secrets redactor) []Finding {
	list := make([]Finding, 0, len(p.failing))
	for _, container := range p.failing {
		f := Finding{
			Namespace: p.namespace, Pod: p.name, UID: p.uid, Kind: p.kind, Owner: p.owner, Repo: p.repo, Node: p.node, Created: p.created,
			Container: container.Name, Role: container.Role, Image: cluster.PlainImage(container.Image),
			Status: cmp.Or(container.Waiting, statusRunning), Message: secrets.clean(container.Message), Restarts: container.Restarts,
			BackOff: events.about(p.uid, container.Name, backOffEvent, secrets),
			Probe:   events.about(p.uid, container.Name, unhealthyEvent, secrets),
			Start:   events.about(p.uid, container.Name, failedEvent, secrets),
			Log:     noLog(),
		}
		if d := container.Death; d != nil {
			f.Death = &Death{Reason: d.Reason, ExitCode: d.ExitCode, Signal: d.SignalName(), Message: secrets.clean(d.Message), Ended: d.Ended, standing: d.Final}
			if d.Final && container.Waiting == "" {
				f.Status = statusTerminated
			}
		}
		list = append(list, f)
	}
	return list
}

// about is what events of one reason tell of a container; nil if nothing.
func (t troubles) about(pod types.UID, container, reason string, secrets redactor) *Repeats {
	repeats := t[trouble{pod, container, reason}]
	if repeats != nil {
		repeats.Message = secrets.clean(repeats.Message)
	}
	return repeats
}

// Cause says in a word or two what is wrong: how the container dies if it does,
// else what it waits for.
func (f Finding) Cause() string {
	looping := f.Status == statusCrashing || f.Status == statusRunning || f.Status == statusTerminated
	if !looping || f.Death == nil {
		return f.Status
	}
	return cluster.DeathCause(f.Death.Reason, f.Death.ExitCode, f.Death.Signal)
}

// Cause says in a word or two how the pod ended.
func (p FailedPod) Cause() string { return cluster.DeathCause(p.Reason, p.ExitCode, p.Signal) }

// Alike reports whether two findings are of the same container of one owner,
// failing in the same way.
func (f Finding) Alike(other Finding) bool { return f.likeness() == other.likeness() }

// likeness is what findings that are alike share. A user's pod, which has no
// owner, is like those of the same repository.
type likeness struct{ namespace, maker, container, cause string }

func (f Finding) likeness() likeness {
	maker := f.Owner.String()
	if maker == "" {
		maker = cmp.Or(f.Repo, f.Pod)
	}
	return likeness{f.Namespace, maker, f.Container, f.Cause()}
}

// arrange sorts findings so that those which are alike stand together, the most
// restarts first.
func arrange(findings []Finding) {
	most := map[likeness]int{}
	for _, f := range findings {
		most[f.likeness()] = max(most[f.likeness()], f.Restarts)
	}
	slices.SortFunc(findings, func(a, b Finding) int {
		like, other := a.likeness(), b.likeness()
		return cmp.Or(
			cmp.Compare(most[other], most[like]),
			strings.Compare(like.namespace, other.namespace), strings.Compare(like.maker, other.maker),
			strings.Compare(like.container, other.container), strings.Compare(like.cause, other.cause),
			cmp.Compare(b.Restarts, a.Restarts), strings.Compare(a.Pod, b.Pod),
		)
	})
}

func newFailedPod(p patient) FailedPod {
	death := cluster.Death{ExitCode: p.failed.exitCode}
	return FailedPod{
		Name: p.name, UID: p.uid, Repo: p.repo, Node: p.node, Container: p.failed.container,
		Reason: p.failed.reason, ExitCode: p.failed.exitCode, Signal: death.SignalName(), Failed: p.failed.at,
	}
}
