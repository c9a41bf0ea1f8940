package incident

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

var refused = &os.SyscallError{Syscall: "connect", Err: syscall.ECONNREFUSED}

func write(t *testing.T, d *Desk, view *View, text string) error {
	t.Helper()
	return d.Write(t.Context(), view, d.Entry(Note, text))
}

// The API server goes away in the middle. What is written then is on the machine,
// and reaches the cluster at the next command that does.
func TestServerAway(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana, ben := server.desk(t, "ana", at), server.desk(t, "ben", at)
	view := open(t, ana, "too many pods")
	at.forward(time.Minute)
	if err := write(t, ana, &view, "seen"); err != nil {
		t.Fatal(err)
	}
	server.fail(refused)
	at.forward(time.Minute)
	if err := write(t, ana, &view, "while it was going"); !errors.Is(err, refused) {
		t.Fatalf("error %v", err)
	}
	view = look(t, ana)
	if !errors.Is(view.Alone, refused) || view.Incident == nil {
		t.Fatalf("view %+v", view)
	}
	at.forward(time.Minute)
	if err := write(t, ana, &view, "while it was away"); err == nil {
		t.Fatal("nobody was told")
	}
	if nothing := look(t, ben); nothing.Incident != nil || nothing.Alone == nil {
		t.Errorf("Ben, who has no copy, sees %+v", nothing)
	}
	server.fail(nil)
	at.forward(time.Minute)
	bens := look(t, ben)
	if err := write(t, ben, &bens, "it is back"); err != nil {
		t.Fatal(err)
	}
	for i, merged := range []int{1, 0} { // once
		view = look(t, ana)
		if len(view.Merged) != merged || view.Alone != nil {
			t.Errorf("look %d: merged %+v", i, view.Merged)
		}
	}
	want := []string{"opened: too many pods", "seen", "while it was going", "while it was away", "it is back"}
	if diff := cmp.Diff(want, texts(view.Incident)); diff != "" {
		t.Error(diff)
	}
	if late := view.Incident.Entries[3].Late; !late.Equal(at.now()) {
		t.Errorf("late at %s", late)
	}
	if known, err := ana.Copies.Read(view.Incident.ID); err != nil || len(known.Pending) != 0 || len(known.Incident.Entries) != 5 {
		t.Errorf("the copy: %+v %v", known, err)
	}
}

// A namespace that is not there is no cluster that is away: an incident opened in it
// would be seen by nobody, ever.
func TestOpenedNowhere(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	server.fail(apierrors.NewNotFound(corev1.Resource("namespaces"), prod.Namespace))
	_, err := ana.Open(t.Context(), New("launches fail", ana.Me, prod, at.now()))
	if _, alone := errors.AsType[*AloneError](err); alone || !apierrors.IsNotFound(err) {
		t.Errorf("error %v", err)
	}
	if known, err := ana.Copies.Open(prod); known != nil || err != nil {
		t.Errorf("this machine knows of %+v %v", known, err)
	}
}

// What was opened while the cluster was away is opened there when it is back, or
// becomes part of what somebody else has opened.
func TestOpenedAlone(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]bool{"and nobody else did": false, "and somebody else did": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, server := newClock(noon), newServer()
			ana, ben := server.desk(t, "ana", at), server.desk(t, "ben", at)
			server.fail(refused)
			view, err := ana.Open(t.Context(), New("no API server", ana.Me, prod, at.now()))
			if _, alone := errors.AsType[*AloneError](err); !alone || view.Incident == nil {
				t.Fatalf("%+v %v", view, err)
			}
			if err := write(t, ana, &view, "restarted it"); err == nil {
				t.Fatal("nobody was told")
			}
			server.fail(nil)
			at.forward(time.Minute)
			want := []string{"opened: no API server", "restarted it"}
			if other {
				open(t, ben, "launches fail")
				want = append(want, "opened: launches fail")
			}
			for range 2 {
				view = look(t, ana)
			}
			if diff := cmp.Diff(want, texts(view.Incident)); diff != "" {
				t.Error(diff)
			}
			if list, _, err := ana.Store.List(t.Context()); err != nil || len(list) != 1 {
				t.Errorf("list %+v %v", list, err)
			}
		})
	}
}

// An incident was closed by a colleague while this machine knew more.
func TestClosedMeanwhile(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana, ben := server.desk(t, "ana", at), server.desk(t, "ben", at)
	view := open(t, ana, "too many pods")
	bens := look(t, ben)
	server.fail(refused)
	_ = write(t, ana, &view, "late")
	server.fail(nil)
	if err := ben.Close(t.Context(), &bens, "lunch", nil); err != nil {
		t.Fatal(err)
	}
	if now := look(t, ana); now.Incident != nil || len(now.Merged) != 1 {
		t.Errorf("view %+v", now)
	}
	in, alone, err := ana.Get(t.Context(), "")
	if err != nil || alone != nil {
		t.Fatal(alone, err)
	}
	want := []string{"closed although the check did not pass: lunch", "late", "opened: too many pods"}
	got := texts(in)
	if diff := cmp.Diff(want, sorted(got, strings.Compare)); diff != "" || in.Open() {
		t.Error(diff)
	}
}

func sorted(list []string, by func(a, b string) int) []string {
	for i := range list {
		for j := i; j > 0 && by(list[j-1], list[j]) > 0; j-- {
			list[j-1], list[j] = list[j], list[j-1]
		}
	}
	return list
}

// A line that was cut off is passed over, and the next is not lost with it.
func TestCutOffCopy(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	view := open(t, ana, "too many pods")
	path := ana.Copies.Path(view.Incident.ID)
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"entry":{"id":"X","te`); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	if err := write(t, ana, &view, "after it"); err != nil {
		t.Fatal(err)
	}
	known, err := ana.Copies.Read(view.Incident.ID)
	if diff := cmp.Diff([]string{"opened: too many pods", "after it"}, sortedTexts(known.Incident)); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
}

func sortedTexts(in *Incident) []string {
	return sorted(texts(in), func(a, b string) int { return strings.Compare(b, a) })
}

func TestCopiesElsewhere(t *testing.T) {
	t.Parallel()
	copies := NewCopies(filepath.Join(t.TempDir(), "none", "yet"))
	if _, err := copies.Read("20180708-212503"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, err := copies.Find(&prod, ""); !errors.Is(err, ErrNone) {
		t.Errorf("error %v", err)
	}
	if _, err := copies.Find(&prod, "20180708-212503"); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "by the ID 20180708-212503") {
		t.Errorf("error %v", err)
	}
	staging := prod
	staging.Namespace = "staging"
	if err := copies.Begin(New("staging", person("ana"), staging, noon)); err != nil {
		t.Fatal(err)
	}
	if known, err := copies.Open(prod); known != nil || err != nil {
		t.Errorf("prod has %+v %v", known, err)
	}
	if known, err := copies.Open(staging); known == nil || err != nil {
		t.Errorf("staging has none: %v", err)
	}
	// A name that leads elsewhere stays in the folder.
	if path := copies.Path("../../etc/passwd"); filepath.Dir(path) != filepath.Dir(copies.Path("x")) {
		t.Errorf("path %s", path)
	}
}

// What another program of this machine is just writing is neither news nor late.
func TestOnItsWay(t *testing.T) {
	t.Parallel()
	at, server := newClock(noon), newServer()
	ana := server.desk(t, "ana", at)
	view := open(t, ana, "too many pods")
	entry := ana.Entry(Note, "on its way")
	if err := ana.Copies.Note(view.Incident.ID, false, entry); err != nil {
		t.Fatal(err)
	}
	at.forward(time.Second)
	view = look(t, ana)
	if len(view.Merged) != 0 {
		t.Errorf("it is told as news: %+v", view.Merged)
	}
	last := view.Incident.Entries[len(view.Incident.Entries)-1]
	if last.Text != "on its way" || !last.Late.IsZero() {
		t.Errorf("%+v", last)
	}
}
