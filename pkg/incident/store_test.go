package incident

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	k8stesting "k8s.io/client-go/testing"
)

func TestOneIsOpenAtATime(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana, ben := server.desk(t, "ana", at), server.desk(t, "ben", at)
	if view := look(t, ana); view.Incident != nil {
		t.Fatalf("%v is open", view.Incident)
	}
	open(t, ana, "too many pods")
	at.forward(time.Minute)
	_, err := ben.Open(t.Context(), New("pods", ben.Me, prod, at.now()))
	other, is := errors.AsType[*AlreadyOpenError](err)
	if !is || other.Incident.Title != "too many pods" {
		t.Fatalf("a second one: %v", err)
	}
	view := look(t, ben)
	if view.Incident.ID != "20180708-212503" || !view.Driver.Is(ana.Me) || view.Driver.Is(ben.Me) {
		t.Errorf("Ben sees %+v", view)
	}
	if err := ana.Close(t.Context(), &view, "", nil); err != nil {
		t.Fatal(err)
	}
	if view := look(t, ben); view.Incident != nil || !view.Driver.Nobody() {
		t.Errorf("after the close: %+v", view)
	}
	at.forward(time.Minute)
	open(t, ben, "again")
	list, strange, err := ben.Store.List(t.Context())
	if err != nil || strange != 0 || len(list) != 2 || list[0].Title != "again" || list[1].Closed.IsZero() {
		t.Errorf("list: %+v, %d strange, %v", list, strange, err)
	}
}

// However many write at once, each entry is there once.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	view := open(t, server.desk(t, "ana", at), "too many pods")
	const writers, each = 6, 5
	var writing sync.WaitGroup
	for w := range writers {
		desk := server.desk(t, fmt.Sprint("writer", w), at)
		writing.Go(func() {
			mine := view
			for n := range each {
				if err := desk.Write(t.Context(), &mine, desk.Entry(Note, fmt.Sprint(w, "/", n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	seen := map[string]int{}
	for _, text := range texts(look(t, server.desk(t, "eve", at)).Incident) {
		seen[text]++
	}
	if len(seen) != 1+writers*each {
		t.Errorf("%d entries, want %d", len(seen), 1+writers*each)
	}
	for text, n := range seen {
		if n != 1 {
			t.Errorf("%q is there %d times", text, n)
		}
	}
}

// Others who come between, again and again, are outlasted.
func TestManyComeBetween(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at, server := newClock(noon), newServer()
		ana := server.desk(t, "ana", at)
		view := open(t, ana, "too many pods")
		others := 18
		server.kube.PrependReactor("update", "configmaps", func(action k8stesting.Action) (bool, runtime.Object, error) {
			others--
			return others >= 0, nil, apierrors.NewConflict(action.GetResource().GroupResource(), ConfigMapName, errors.New("the object has been modified"))
		})
		began := time.Now()
		if err := ana.Write(t.Context(), &view, ana.Entry(Note, "a note")); err != nil {
			t.Errorf("given up after %s, before %d more: %v", time.Since(began), others, err)
		}
	})
}

// A change is first noted as under way and then as ended: one entry.
func TestAnEntryEnds(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	view := open(t, ana, "too many pods")
	entry := ana.Entry(Change, "")
	for range 2 { // an answer may be lost
		if err := ana.Write(t.Context(), &view, entry); err != nil {
			t.Fatal(err)
		}
	}
	ended := entry
	ended.Ended, ended.Counts = noon.Add(time.Minute), map[string]int{"deleted": 3}
	if err := ana.Write(t.Context(), &view, ended, entry); err != nil { // the older comes late
		t.Fatal(err)
	}
	if got := view.Incident.Entries; len(got) != 2 || got[1].Counts["deleted"] != 3 {
		t.Errorf("entries: %+v", got)
	}
}

// Somebody was killed between closing an incident and moving it out of the way.
func TestHalfClosed(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	view := open(t, ana, "too many pods")
	if _, err := ana.Store.Update(t.Context(), view.Incident.ID, func(in *Incident) { in.Closed = noon }); err != nil {
		t.Fatal(err)
	}
	if view := look(t, ana); view.Incident != nil {
		t.Error("it counts as open")
	}
	if in, err := ana.Store.Get(t.Context(), view.Incident.ID); err != nil || in.Open() {
		t.Errorf("it cannot be read: %v", err)
	}
	at.forward(time.Minute)
	open(t, ana, "the next")
	list, _, err := ana.Store.List(t.Context())
	if err != nil || len(list) != 2 {
		t.Errorf("list: %+v %v", list, err)
	}
}

func TestStrangeDocuments(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"not JSON": {"{", "is not as binderctl writes it"},
		"empty":    {"{}", "is not as binderctl writes it"},
		"newer":    {`{"version": 9}`, "newer binderctl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, server := newClock(noon), newServer()
			ana := server.desk(t, "ana", at)
			open(t, ana, "too many pods")
			object, _, err := ana.Store.read(t.Context(), ConfigMapName)
			if err != nil {
				t.Fatal(err)
			}
			object.Data[dataKey] = test.text
			if err := server.kube.Tracker().Update(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, object, "prod"); err != nil {
				t.Fatal(err)
			}
			if _, err := ana.Store.Read(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if _, strange, err := ana.Store.List(t.Context()); err != nil || strange != 1 {
				t.Errorf("%d strange: %v", strange, err)
			}
		})
	}
}

func TestPersonString(t *testing.T) {
	t.Parallel()
	got := []string{}
	for _, p := range []Person{
		{"ana", "ana@example.org", "laptop"}, {"ana", "ana", ""}, {"ana", "", "bastion"}, {},
	} {
		got = append(got, p.String())
	}
	want := []string{"ana@example.org (ana)@laptop", "ana", "ana@bastion", "somebody"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
