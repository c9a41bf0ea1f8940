package incident

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/pkg/cluster"
)

var noon = time.Date(2018, 7, 8, 21, 25, 3, 0, time.UTC)

// clock is a time that tests move.
type clock struct{ at atomic.Int64 }

func newClock(at time.Time) *clock {
	c := &clock{}
	c.at.Store(at.UnixNano())
	return c
}

func (c *clock) now() time.Time { return time.Unix(0, c.at.Load()).UTC() }

func (c *clock) forward(d time.Duration) { c.at.Add(int64(d)) }

// server is a fake API server that, unlike the clientset's own, minds the version
// of what is written, and can be taken away.
type server struct {
	kube *fake.Clientset
	mu   sync.Mutex
	down error
}

func newServer() *server {
	s := &server{kube: fake.NewClientset()}
	version := 0
	s.kube.PrependReactor("*", "*", func(action k8stesting.Action) (bool, runtime.Object, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.down != nil {
			return true, nil, s.down
		}
		change, writes := action.(interface{ GetObject() runtime.Object })
		if !writes {
			return false, nil, nil
		}
		object, err := meta.Accessor(change.GetObject())
		if err != nil {
			return true, nil, err
		}
		tracker := s.kube.Tracker()
		if action.GetVerb() == "update" {
			known, err := tracker.Get(action.GetResource(), action.GetNamespace(), object.GetName())
			if err != nil {
				return true, nil, err
			}
			if now, _ := meta.Accessor(known); object.GetResourceVersion() != now.GetResourceVersion() {
				return true, nil, apierrors.NewConflict(schema.GroupResource{Resource: action.GetResource().Resource}, object.GetName(), errors.New("the object has been modified"))
			}
		}
		version++
		written := change.GetObject().DeepCopyObject()
		if object, err = meta.Accessor(written); err != nil {
			return true, nil, err
		}
		object.SetResourceVersion(strconv.Itoa(version))
		if action.GetVerb() == "update" {
			return true, written, tracker.Update(action.GetResource(), written, action.GetNamespace())
		}
		return true, written, tracker.Create(action.GetResource(), written, action.GetNamespace())
	})
	return s
}

func (s *server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

var prod = cluster.Location{Context: "prod", Server: "https://prod.example.org", Namespace: "prod"}

func person(name string) Person {
	return Person{Login: name, Cluster: name + "@example.org", Host: "laptop"}
}

func (s *server) desk(t *testing.T, name string, at *clock) *Desk {
	t.Helper()
	client := &cluster.Client{Kube: s.kube, Where: prod, Now: at.now}
	return &Desk{Store: NewStore(client), Copies: NewCopies(t.TempDir()), Me: person(name)}
}

func open(t *testing.T, d *Desk, title string) View {
	t.Helper()
	view, err := d.Open(t.Context(), New(title, d.Me, prod, d.Store.now()))
	if err != nil || view.Unsaid != nil {
		t.Fatal(err, view.Unsaid)
	}
	return view
}

func look(t *testing.T, d *Desk) View {
	t.Helper()
	view, err := d.Look(t.Context())
	if err != nil || view.Unsaid != nil {
		t.Fatal(err, view.Unsaid)
	}
	return view
}

func texts(in *Incident) []string {
	list := []string{}
	for _, e := range in.Entries {
		list = append(list, e.Text)
	}
	return list
}
