// Package world turns a scenario into the objects of a cluster: who is where,
// how old and in what state. The same scenario makes the same world.
package world

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/binderctl/binderctl/gameday/internal/scenario"
)

// Object is a Kubernetes object of whatever kind.
type Object interface {
	metav1.Object
	runtime.Object
}

// World is a scenario in which everything has its place.
type World struct {
	scenario *scenario.Scenario
	now      time.Time
	nodes    []*node
	repos    []repo
	users    []user
	builds   []build
	shops    []workload
	aged     []Object // made while placing: nodes, workloads and their pods
	created  []Object // for the API server to create
	logs     []Log    // of ailing containers
	lastIP   int
}

// Build places everything that a scenario describes, as of now.
func Build(s *scenario.Scenario, now time.Time) (*World, error) {
	w := &World{scenario: s, now: now.Truncate(time.Second)}
	w.makeNamespaces()
	w.makeNodes()
	w.makeRepos()
	for _, step := range []func() error{w.makeWorkloads, w.makeBuilds, w.makeUsers, w.readManifests, w.makeHub, w.makeBinder} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("build %q: %w", s.Title, err)
		}
	}
	return w, nil
}

// Aged yields what is written straight into etcd, because the API server would
// stamp it with today's date. User pods are made one by one as they are asked
// for: there may be many.
func (w *World) Aged() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		for _, object := range w.aged {
			if !yield(object) {
				return
			}
		}
		for i := range w.builds {
			if !yield(w.buildPod(i)) {
				return
			}
		}
		for i := range w.users {
			if !yield(w.userPod(i)) {
				return
			}
		}
		for _, events := range []iter.Seq[Object]{w.startEvents(), w.events()} {
			for event := range events {
				if !yield(event) {
					return
				}
			}
		}
	}
}

// Created lists what the API server is to create.
func (w *World) Created() []Object {
	return w.created
}

// Counts tells how large the world is.
func (w *World) Counts() (nodes, userPods, pending int) {
	for _, user := range w.users {
		if user.node == nil {
			pending++
		}
	}
	return len(w.nodes), len(w.users), pending
}

// random is the source of chance for one thing: what chance makes of it does
// not depend on what else there is.
func (w *World) random(what string, i int) *rand.Rand {
	sum := sha256.Sum256([]byte(what))
	return rand.New(rand.NewPCG(w.scenario.Seed^binary.BigEndian.Uint64(sum[:]), uint64(i)))
}

// uid is an object's, made from its name.
func (w *World) uid(kind, namespace, name string) types.UID {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%s/%s", w.scenario.Seed, kind, namespace, name))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	text := hex.EncodeToString(sum[:16])
	return types.UID(text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:])
}

// meta is the metadata of an aged object.
func (w *World) meta(kind, namespace, name string, created time.Time) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: name, Namespace: namespace, Generation: 1,
		UID: w.uid(kind, namespace, name), CreationTimestamp: metav1.NewTime(created),
	}
}

// ip is an address on loopback that no other pod has. KWOK gives out those of
// 127.1.0.0/16.
func (w *World) ip() string {
	w.lastIP++
	return fmt.Sprintf("127.%d.%d.%d", 2+w.lastIP>>16, w.lastIP>>8&255, w.lastIP&255)
}

func (w *World) ago(age time.Duration) time.Time {
	return w.now.Add(-age.Truncate(time.Second))
}
