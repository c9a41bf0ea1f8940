// Package binderhub asks a BinderHub how it does: its own checks of what it
// needs, and what it has counted since it began. It launches nothing.
package binderhub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// ErrNone means that there is no BinderHub where it was looked for.
var ErrNone = errors.New("there is no BinderHub")

// State is how a BinderHub does, as far as it says.
type State struct {
	Pods   int    `json:"pods"`  // of its own; 0 if it was asked by its URL
	Ready  int    `json:"ready"` // of these
	Via    string `json:"via"`   // how it was asked
	Health Health `json:"health"`
	// Counts are of all pods that told, nil if none did, and NotCounted is why.
	Counts     *Counts `json:"counts"`
	NotCounted string  `json:"notCounted"`
}

// Look asks the BinderHub at an address or, if that is "", each ready pod of the
// client's namespace through a tunnel. Pods that are not ready are no error: the
// state says so.
func Look(ctx context.Context, c *cluster.Client, address string) (State, error) {
	if address != "" {
		base, err := url.Parse(strings.TrimSuffix(address, "/") + "/")
		if err != nil {
			return State{}, errors.New("ask BinderHub: its address is no URL")
		}
		s := State{Via: base.Redacted()}
		err = s.gather(ctx, []*source{{base: base, http: newHTTPClient(nil)}})
		return s, err
	}
	list, err := c.Kube.CoreV1().Pods(c.Where.Namespace).List(ctx, metav1.ListOptions{LabelSelector: cluster.BinderSelector})
	if err != nil {
		return State{}, fmt.Errorf("find BinderHub's pods: %w", err)
	}
	if len(list.Items) == 0 {
		return State{}, fmt.Errorf("%w: namespace %s has no pod with the label %s", ErrNone, c.Where.Namespace, cluster.BinderSelector)
	}
	s := State{Pods: len(list.Items)}
	var sources []*source
	for i := range list.Items {
		if pod := &list.Items[i]; pod.DeletionTimestamp == nil && cluster.PodReady(pod) {
			sources = append(sources, &source{client: c, pod: pod})
		}
	}
	if s.Ready = len(sources); s.Ready == 0 {
		return s, nil
	}
	s.Via = fmt.Sprintf("tunnels to %d pods", s.Ready)
	if s.Ready == 1 {
		s.Via = "a tunnel to pod " + sources[0].pod.Name
	}
	err = s.gather(ctx, sources)
	return s, err
}

// gather asks all sources at once. One that tells how BinderHub does is enough.
func (s *State) gather(ctx context.Context, sources []*source) error {
	var asking sync.WaitGroup
	for _, one := range sources {
		asking.Go(func() { one.ask(ctx) })
	}
	asking.Wait()
	var failed error
	told := false
	for _, one := range sources {
		switch {
		case one.err != nil:
			failed = one.err
			continue
		case !told || !one.health.OK:
			s.Health, told = one.health, true
		}
		if one.countErr != nil {
			s.NotCounted = one.countErr.Error()
			continue
		}
		if s.Counts == nil {
			s.Counts = &Counts{}
		}
		s.Counts.add(one.counts)
	}
	if !told {
		return fmt.Errorf("ask BinderHub: %w", failed)
	}
	if s.Counts != nil {
		s.NotCounted = ""
	}
	return nil
}

// newHTTPClient follows no redirects: a federation's would lead to some member.
func newHTTPClient(transport *http.Transport) *http.Client {
	client := &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if transport != nil {
		client.Transport = transport
	}
	return client
}

// patience is how long BinderHub may take to answer. It asks the Hub and the
// registry itself before it does, for up to 3 s (BinderHub's default).
const patience = 10 * time.Second
