package incident

import (
	"errors"
	"sync"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	k8stesting "k8s.io/client-go/testing"
)

func TestTakeOver(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana, ben := server.desk(t, "ana", at), server.desk(t, "ben", at)
	open(t, ana, "too many pods")
	at.forward(StaleAfter)
	view := look(t, ben)
	if view.Driver.Stale || view.Driver.Heard(at.now()) != StaleAfter {
		t.Errorf("stale too early: %+v", view.Driver)
	}
	at.forward(time.Second)
	if view = look(t, ben); !view.Driver.Stale {
		t.Errorf("not stale: %+v", view.Driver)
	}
	// Whatever the driver writes shows that they are there.
	anas := look(t, ana)
	if err := ana.Write(t.Context(), &anas, ana.Entry(Note, "still here")); err != nil {
		t.Fatal(err)
	}
	if view = look(t, ben); view.Driver.Stale || !view.Driver.Since.Equal(noon) || view.Driver.Turns != 0 {
		t.Errorf("renewed: %+v", view.Driver)
	}
	// What anybody else writes does not.
	at.forward(time.Minute)
	if err := ben.Write(t.Context(), &view, ben.Entry(Note, "hello")); err != nil {
		t.Fatal(err)
	}
	if view = look(t, ben); view.Driver.Heard(at.now()) != time.Minute {
		t.Errorf("renewed by another: %+v", view.Driver)
	}
	if err := ben.Take(t.Context(), &view, "ben drives"); err != nil {
		t.Fatal(err)
	}
	if view = look(t, ana); !view.Driver.Is(ben.Me) || view.Driver.Turns != 1 || !view.Driver.Since.Equal(at.now()) {
		t.Errorf("taken: %+v", view.Driver)
	}
	if got := texts(view.Incident); got[len(got)-1] != "ben drives" {
		t.Errorf("timeline: %q", got)
	}
}

// Of two who take over from the same driver at the same time, one is told that
// the other was faster.
func TestRaceForTheWheel(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	open(t, server.desk(t, "ana", at), "too many pods")
	ben, eve := server.desk(t, "ben", at), server.desk(t, "eve", at)
	views := []View{look(t, ben), look(t, eve)}
	errs := make([]error, 2)
	var racing sync.WaitGroup
	for i, desk := range []*Desk{ben, eve} {
		racing.Go(func() { errs[i] = desk.Take(t.Context(), &views[i], "mine") })
	}
	racing.Wait()
	now, err := ben.Store.Driver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, desk := range []*Desk{ben, eve} {
		taken, lost := errors.AsType[*TakenError](errs[i])
		switch {
		case now.Is(desk.Me) && errs[i] != nil, !now.Is(desk.Me) && !lost:
			t.Errorf("%s: %v, and %s drives", desk.Me, errs[i], now.Holder)
		case lost && taken.Driver.Holder != now.Holder:
			t.Errorf("%s is told of %s", desk.Me, taken.Driver.Holder)
		}
	}
}

// The driver goes on while somebody makes up their mind to follow them: that is
// no race.
func TestTakeFromABusyDriver(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana, ben := server.desk(t, "ana", at), server.desk(t, "ben", at)
	open(t, ana, "too many pods")
	view := look(t, ben)
	at.forward(time.Second)
	if err := ana.Store.Renew(t.Context(), ana.Me); err != nil {
		t.Fatal(err)
	}
	if err := ben.Take(t.Context(), &view, "mine"); err != nil || !view.Driver.Is(ben.Me) {
		t.Errorf("%v, %+v", err, view.Driver)
	}
}

// An answer that was lost is no race with oneself.
func TestTakeWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	if _, err := ana.Store.Take(t.Context(), ana.Me, Driver{}); err != nil {
		t.Fatal(err)
	}
	driver, err := ana.Store.Take(t.Context(), ana.Me, Driver{})
	if err != nil || !driver.Is(ana.Me) {
		t.Errorf("%+v, %v", driver, err)
	}
}

// Somebody removes the Lease while an operator makes up their mind: nobody was
// faster.
func TestTakeOfALeaseThatIsGone(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana, ben := server.desk(t, "ana", at), server.desk(t, "ben", at)
	open(t, ana, "too many pods")
	view := look(t, ben)
	if err := server.kube.CoordinationV1().Leases(prod.Namespace).Delete(t.Context(), LeaseName, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := ben.Take(t.Context(), &view, "mine"); err != nil || !view.Driver.Is(ben.Me) {
		t.Errorf("%v, %+v", err, view.Driver)
	}
}

// Somebody opens the next incident, and drives it, at the very moment at which
// the one before is out of the way: its end does not take the wheel from them.
func TestCloseLeavesTheNextDriverAlone(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana, ben := server.desk(t, "ana", at), server.desk(t, "ben", at)
	view := open(t, ana, "too many pods")
	server.kube.PrependReactor("delete", "configmaps", func(k8stesting.Action) (bool, runtime.Object, error) {
		leases := coordinationv1.SchemeGroupVersion.WithResource("leases")
		found, err := server.kube.Tracker().Get(leases, prod.Namespace, LeaseName)
		if err != nil {
			return true, nil, err
		}
		lease := found.(*coordinationv1.Lease).DeepCopy()
		lease.Spec.HolderIdentity = new(ben.Me.String())
		return false, nil, server.kube.Tracker().Update(leases, lease, prod.Namespace)
	})
	if err := ana.Close(t.Context(), &view, "", nil); err != nil {
		t.Fatal(err)
	}
	if driver, err := ben.Store.Driver(t.Context()); err != nil || !driver.Is(ben.Me) {
		t.Errorf("%+v, %v", driver, err)
	}
}

// Without the right to read the Lease the incident is seen all the same.
func TestDriverUnseen(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	open(t, ana, "too many pods")
	server.kube.PrependReactor("get", "leases", func(action k8stesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(action.GetResource().GroupResource(), LeaseName, errors.New("no"))
	})
	view, err := ana.Glance(t.Context())
	if err != nil || view.Incident == nil || !apierrors.IsForbidden(view.Undriven) {
		t.Errorf("%+v, %v", view, err)
	}
	// Nor is a note any the worse for it.
	if err := ana.Write(t.Context(), &view, ana.Entry(Note, "a note")); err != nil || view.Unsaid != nil {
		t.Errorf("%v, %v", err, view.Unsaid)
	}
}
