package pods

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// CrashloopOptions say how far a diagnosis goes.
type CrashloopOptions struct {
	Since time.Duration // what died longer ago, and does not loop, is history
	Lines int           // to read of each failing container's log; 0 reads none
}

// Diagnosis is what fails in a cluster, and what that has in common.
type Diagnosis struct {
	At         time.Time `json:"-"`      // by the API server's clock
	Findings   []Finding `json:"items"`  // those alike together, the most restarts first
	Bursts     []Burst   `json:"bursts"` // the largest first
	Common     []Factor  `json:"common"` // the least likely by chance first
	Apart      []Trait   `json:"apart"`  // whose pods are sick wherever they are, and so not compared by place and age
	Sick       Sick      `json:"sick"`   // among which common factors were looked for
	Pods       int       `json:"pods"`   // that were looked at
	Namespaces int       `json:"namespaces"`
	Unseen     []string  `json:"unseen"`  // namespaces that the operator may not read
	Missing    []string  `json:"missing"` // evidence that could not be had, and why
}

// Sick counts the pods among which common factors are looked for: more than are
// shown, for a container that died once may have done so of the same cause.
type Sick struct {
	Pods    int `json:"pods"`    // in all
	Failing int `json:"failing"` // with a container that fails
	Users   int `json:"users"`   // users' pods that failed, where there was a burst of that
	Shaken  int `json:"shaken"`  // other pods of which a container died lately
}

// Healthy reports whether nothing was found.
func (d Diagnosis) Healthy() bool { return len(d.Findings) == 0 && len(d.Bursts) == 0 }

// Crashloops looks for containers that fail, in one namespace or in all (""),
// and for what their pods have in common. It passes over the pods, the events
// and the nodes once each, side by side, and keeps of a healthy pod nothing but
// counts. What may not be read beside the pods makes the evidence less and is
// told in Missing.
func Crashloops(ctx context.Context, c *cluster.Client, namespace string, opts CrashloopOptions) (Diagnosis, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	beside := readBeside(ctx, c, namespace)
	s := &survey{}
	listing, err := read(ctx, c, cluster.PodQuery{Namespace: namespace, Detail: true}, &reading[patient]{
		begin: s.begin, keep: s.keep,
		reduce: func(pod *corev1.Pod) (patient, bool) {
			s.now = c.ServerNow() // now that it has answered
			return admission{now: s.now, since: s.now.Add(-opts.Since)}.admit(pod)
		},
	})
	if err != nil {
		stop()
	}
	beside.wait()
	if err != nil {
		return Diagnosis{}, err
	}
	if apierrors.IsForbidden(beside.eventsErr) && listing.seen != nil {
		beside.events, beside.eventsErr = readTroublesIn(ctx, c, listing.seen)
	}
	d := s.diagnose(beside)
	d.At, d.Unseen = c.ServerNow(), listing.Unseen
	if opts.Lines > 0 {
		if err := readTails(ctx, c, tails(d.Findings, d.Bursts), opts.Lines, newRedactor()); err != nil {
			d.miss("logs", err)
		}
	}
	return d, ctx.Err()
}

// beside is what is read side by side with the pods.
type beside struct {
	events    troubles
	eventsErr error
	nodes     places
	nodesErr  error

	reading sync.WaitGroup
}

func (b *beside) wait() { b.reading.Wait() }

func readBeside(ctx context.Context, c *cluster.Client, namespace string) *beside {
	b := &beside{}
	b.reading.Go(func() { b.events, b.eventsErr = readTroubles(ctx, c, namespace) })
	b.reading.Go(func() { b.nodes, b.nodesErr = readPlaces(ctx, c) })
	return b
}

// diagnose draws the conclusions.
func (s *survey) diagnose(evidence *beside) Diagnosis {
	d := Diagnosis{
		Findings: []Finding{}, Bursts: s.bursts(), Common: []Factor{}, Apart: []Trait{}, Missing: []string{},
		Pods: s.pods.total(), Namespaces: len(s.namespaces),
	}
	d.miss("events", evidence.eventsErr)
	d.miss("nodes", evidence.nodesErr)
	secrets := newRedactor()
	for i := range s.sick {
		d.Findings = append(d.Findings, s.sick[i].findings(evidence.events, secrets)...)
	}
	arrange(d.Findings)
	if !d.Healthy() {
		stricken := s.stricken(d.Bursts)
		sick := slices.Concat(s.sick, stricken, s.shaken)
		d.Sick = Sick{len(sick), len(s.sick), len(stricken), len(s.shaken)}
		d.Common, d.Apart = s.common(sick, evidence.nodes)
	}
	return d
}

// miss notes that some evidence could not be had.
func (d *Diagnosis) miss(what string, err error) {
	if err == nil {
		return
	}
	without := map[string]string{
		"events": "how often containers were backed off, and probes failed, is not known",
		"nodes":  "zones and node pools are not compared",
		"logs":   "those of some containers are not shown",
	}[what]
	why := err.Error()
	if apierrors.IsForbidden(err) {
		why = "you may not read " + what
	}
	d.Missing = append(d.Missing, fmt.Sprintf("%s: %s", why, without))
}
