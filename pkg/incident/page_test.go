package incident

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	k8stesting "k8s.io/client-go/testing"
)

func TestOldEntriesMoveToPages(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	view := open(t, ana, "too many pods")
	const notes = 60
	for n := range notes {
		at.forward(time.Second)
		if err := ana.Write(t.Context(), &view, ana.Entry(Note, strconv.Itoa(n)+strings.Repeat(".", 8<<10))); err != nil {
			t.Fatal(err)
		}
	}
	object, in, err := ana.Store.read(t.Context(), ConfigMapName)
	if err != nil {
		t.Fatal(err)
	}
	if size := len(object.Data[dataKey]); size > softLimit+MaxText || in.Pages == 0 {
		t.Errorf("the document has %d bytes and %d pages", size, in.Pages)
	}
	whole, err := ana.Store.Get(t.Context(), "")
	if err != nil || len(whole.Entries) != notes+1 || !strings.HasPrefix(whole.Entries[1].Text, "0.") {
		t.Errorf("%d entries of %d: %v", len(whole.Entries), notes+1, err)
	}
	if list, _, err := ana.Store.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("pages are listed: %+v %v", list, err)
	}
	// Also of an incident that is over.
	if err := ana.Close(t.Context(), &view, "", nil); err != nil {
		t.Fatal(err)
	}
	if whole, err = ana.Store.Get(t.Context(), whole.ID); err != nil || len(whole.Entries) != notes+2 {
		t.Errorf("%d entries: %v", len(whole.Entries), err)
	}
}

// Who may not make ConfigMaps writes on, until it is full; nothing is dropped.
func TestFull(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	view := open(t, ana, "too many pods")
	server.kube.PrependReactor("create", "configmaps", func(k8stesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "", errors.New("no"))
	})
	const first = 40
	many := make([]Entry, first)
	for i := range many {
		many[i] = ana.Entry(Note, strings.Repeat(".", MaxText))
	}
	err := ana.Write(t.Context(), &view, many...)
	written := first
	for ; err == nil && written < 100; written++ {
		err = ana.Write(t.Context(), &view, ana.Entry(Note, strings.Repeat(".", MaxText)))
	}
	if _, alone := errors.AsType[*AloneError](err); !alone || !errors.Is(err, ErrFull) {
		t.Fatalf("after %d: %v", written, err)
	}
	_, in, err := ana.Store.read(t.Context(), ConfigMapName)
	if err != nil || len(in.Entries) != written {
		t.Errorf("%d entries in the cluster, want %d: %v", len(in.Entries), written, err)
	}
	if known, err := ana.Copies.Read(in.ID); err != nil || len(known.Pending) != 1 || len(known.Incident.Entries) != written+1 {
		t.Errorf("the copy has %d entries, %d of them pending: %v", len(known.Incident.Entries), len(known.Pending), err)
	}
}
