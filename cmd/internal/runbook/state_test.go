package runbook

import (
	"errors"
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
	for book, want := range map[string]string{"lamp": "lamp", "door": "door", "window": "", "roof": "", "": ""} {
		last, err := Last(dir, book)
		if last.Book != want || (err == nil) != (want != "") {
			t.Errorf("the last of %q is %q (%v)", book, last.Book, err)
		}
	}
	last, err := Last(dir, "lamp")
	if err != nil || !last.Done["bulb"].Equal(at) {
		t.Errorf("%+v, %v", last, err)
	}
}
