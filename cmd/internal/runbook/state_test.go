package runbook

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Last(dir, ""); !errors.Is(err, ErrNothingLeft) {
		t.Errorf("nothing was left: %v", err)
	}
	at := time.Date(2018, 7, 8, 21, 0, 0, 0, time.UTC)
	for i, s := range []State{
		{Book: "lamp", Done: map[string]time.Time{"bulb": at}},
		{Book: "door"},
		{Book: "window", Ended: true},
	} {
		s.Began = at.Add(time.Duration(i) * time.Minute)
		if err := s.Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	for book, want := range map[string]string{"lamp": "lamp", "door": "door", "window": "", "roof": "", "": "door"} {
		last, err := Last(dir, book)
		if last.Book != want || (err == nil) != (want != "") {
			t.Errorf("the last of %q is %q (%v)", book, last.Book, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "roof-1.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	last, err := Last(dir, "lamp") // whatever became of others
	if err != nil || !last.Done["bulb"].Equal(at) {
		t.Errorf("%+v, %v", last, err)
	}
}

// Whoever goes on with a walk has it; the program that had it notes nothing more.
func TestStateIsHeldByOne(t *testing.T) {
	t.Parallel()
	dir, at := t.TempDir(), time.Date(2018, 7, 8, 21, 0, 0, 0, time.UTC)
	first := State{Book: "lamp", Began: at, Held: at}
	second := State{Book: "lamp", Began: at, Held: at.Add(time.Minute), Ended: true}
	for _, s := range []State{first, first, second, second} {
		if err := s.Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Save(dir); !errors.Is(err, ErrElsewhere) {
		t.Errorf("the first could still note: %v", err)
	}
	if _, err := Last(dir, "lamp"); !errors.Is(err, ErrNothingLeft) {
		t.Errorf("the second's end is gone: %v", err)
	}
}

func TestLatest(t *testing.T) {
	t.Parallel()
	at := time.Date(2018, 7, 8, 21, 0, 0, 0, time.UTC)
	s := State{Began: at, Looked: map[string]time.Time{"lamp": at.Add(2 * time.Hour)}, Done: map[string]time.Time{"bulb": at.Add(time.Hour)}}
	if got := s.Latest(); !got.Equal(at.Add(2 * time.Hour)) {
		t.Errorf("latest: %s", got)
	}
}
