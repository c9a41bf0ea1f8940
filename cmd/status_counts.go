package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/state"
	"github.com/binderctl/binderctl/pkg/binderhub"
	"github.com/binderctl/binderctl/pkg/cluster"
)

// countedLook is what BinderHub had counted when somebody looked.
type countedLook struct {
	At     time.Time        `json:"at"`
	Counts binderhub.Counts `json:"counts"`
}

// countedSince is what BinderHub has counted since an earlier look, or since it
// began if that was just now.
type countedSince struct {
	Since    time.Time `json:"since"`
	Launched int       `json:"launched"`
	Failed   int       `json:"failed"`
	Refused  int       `json:"refused"` // for a quota
}

const (
	// countedWithin is how far back an earlier look may be to tell of now: as far as
	// the pods of which the same line speaks.
	countedWithin = 10 * time.Minute
	// countedLeast is how far apart two looks have to be for their difference to
	// mean anything, and how often one is kept.
	countedLeast = 30 * time.Second
)

// countsKept are the looks of the last minutes, in a file of this machine, by where
// BinderHub is: who looks again, or goes on looking with --watch, is told what
// happened in between. Without the file, or with one that cannot be read, there
// was no earlier look.
type countsKept struct {
	path  string
	where string
}

func (app *App) countsKept(where cluster.Location, address string) countsKept {
	return countsKept{state.Path(app.Getenv, "launches.json"), where.Server + " " + where.Namespace + " " + address}
}

// compare says what was counted since the oldest look that tells, and keeps this
// one for the next.
func (k countsKept) compare(look countedLook) *countedSince {
	all := k.read()
	for place, looks := range all {
		looks = slices.DeleteFunc(looks, func(l countedLook) bool {
			age := look.At.Sub(l.At)
			return age > countedWithin || age < 0
		})
		if all[place] = looks; len(looks) == 0 {
			delete(all, place)
		}
	}
	looks := all[k.where]
	since := compareCounts(looks, look)
	if n := len(looks); n == 0 || look.At.Sub(looks[n-1].At) >= countedLeast {
		all[k.where] = append(looks, look)
		k.write(all)
	}
	return since
}

// compareCounts compares with the first of some looks that tells.
func compareCounts(looks []countedLook, now countedLook) *countedSince {
	if began := now.Counts.Since; !began.IsZero() && now.At.Sub(began) <= countedWithin {
		return &countedSince{began, now.Counts.Launched, now.Counts.Failed, now.Counts.Refused}
	}
	for _, look := range looks {
		if now.At.Sub(look.At) < countedLeast {
			break
		}
		if since, ok := now.Counts.After(look.Counts); ok {
			return &countedSince{look.At, since.Launched, since.Failed, since.Refused}
		}
	}
	return nil
}

func (k countsKept) read() map[string][]countedLook {
	all := map[string][]countedLook{}
	text, err := os.ReadFile(k.path)
	if err != nil || json.Unmarshal(text, &all) != nil || all == nil {
		return map[string][]countedLook{}
	}
	return all
}

// write replaces the file as a whole, as somebody else may be reading it. That it
// cannot be written costs the next look a comparison, and is no reason to say less
// now.
func (k countsKept) write(all map[string][]countedLook) {
	text, err := json.Marshal(all)
	if err != nil || k.path == "" || os.MkdirAll(filepath.Dir(k.path), 0o700) != nil {
		return
	}
	half, err := os.CreateTemp(filepath.Dir(k.path), "launches-*.part")
	if err != nil {
		return
	}
	_, err = half.Write(text)
	if closed := half.Close(); err != nil || closed != nil || os.Rename(half.Name(), k.path) != nil {
		_ = os.Remove(half.Name())
	}
}
