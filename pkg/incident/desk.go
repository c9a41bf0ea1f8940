package incident

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Desk is where one operator works on incidents: the cluster, the copies on
// their machine, and the way from one to the other.
type Desk struct {
	Store  *Store
	Copies Copies
	Me     Person
}

// View is the open incident, as far as it can be seen.
type View struct {
	Incident *Incident // nil if none is open
	Driver   Driver
	// Alone is why this is only what this machine knows; nil if it is what the
	// cluster knows.
	Alone error
	// Undriven is why it cannot be seen who drives, which is not that nobody does.
	Undriven error
	// Unsaid is what went wrong beside, the last time: copies that could not be
	// written or merged. It qualifies the view only.
	Unsaid error
	Merged []Merge // copies that the cluster has got just now
}

// Glance reads what is in the cluster, quickly: the incident without its pages,
// and who drives. It writes nothing. A view without an incident means that none
// is open.
func (d *Desk) Glance(ctx context.Context) (View, error) {
	var (
		view             View
		reading          sync.WaitGroup
		readErr, leadErr error
	)
	reading.Go(func() { view.Incident, readErr = d.Store.Read(ctx) })
	reading.Go(func() { view.Driver, leadErr = d.Store.Driver(ctx) })
	reading.Wait()
	if errors.Is(readErr, ErrNone) {
		return View{}, nil
	}
	view.Undriven = leadErr
	return view, readErr
}

// Look reads the open incident. If the cluster cannot be asked it is what the
// copies on this machine know; if it can, it gets first what they know better.
func (d *Desk) Look(ctx context.Context) (View, error) {
	merged, mergeErr := d.Store.MergeCopies(ctx, d.Copies)
	view, err := d.Peek(ctx)
	if err != nil || view.Alone != nil {
		return view, err
	}
	view.Merged, view.Unsaid = merged, mergeErr
	if view.Incident != nil {
		view.Unsaid = errors.Join(mergeErr, d.Copies.Keep(view.Incident))
	}
	return view, nil
}

// Peek is Look that writes nothing, neither in the cluster nor on this machine.
func (d *Desk) Peek(ctx context.Context) (View, error) {
	view, err := d.Glance(ctx)
	if err == nil || errors.Is(err, context.Canceled) {
		return view, err
	}
	return d.Blind(err)
}

// Blind is what this machine knows of the open incident, where there is no asking
// the cluster.
func (d *Desk) Blind(why error) (View, error) {
	view := View{Alone: why}
	known, err := d.Copies.Open(d.Store.client.Where)
	if known != nil {
		view.Incident = known.Incident
	}
	return view, err
}

// Entry is a new entry of the timeline, as of now.
func (d *Desk) Entry(kind Kind, text string) Entry {
	return Entry{ID: rand.Text(), At: d.Store.Now(), By: d.Me, Kind: kind, Text: text}
}

// AloneError is that something was written on this machine and did not reach the
// cluster.
type AloneError struct{ Cause error }

// Error says why.
func (e *AloneError) Error() string {
	return "written on this machine alone, as the cluster did not take it: " + e.Cause.Error()
}

// Unwrap is what the cluster said.
func (e *AloneError) Unwrap() error { return e.Cause }

// Open opens an incident, with its opener as the driver. It returns an
// *AlreadyOpenError if one is open, what the cluster says if there is no such
// namespace, and an *AloneError if the cluster could not be asked: then it is open
// on this machine.
func (d *Desk) Open(ctx context.Context, in *Incident) (View, error) {
	in.put(d.Entry(Opening, "opened: "+in.Title))
	err := d.Store.Open(ctx, in)
	if _, other := errors.AsType[*AlreadyOpenError](err); other || errors.Is(err, context.Canceled) || apierrors.IsNotFound(err) {
		return View{}, err
	}
	if err != nil {
		if copyErr := d.Copies.Begin(in); copyErr != nil {
			return View{}, errors.Join(err, copyErr)
		}
		return View{Incident: in, Alone: err}, &AloneError{err}
	}
	view := View{Incident: in, Unsaid: d.Copies.Keep(in)}
	before, err := d.Store.Driver(ctx)
	if err == nil {
		view.Driver, err = d.Store.Take(ctx, d.Me, before)
	}
	view.Unsaid = errors.Join(view.Unsaid, err)
	return view, nil
}

// Write writes entries into the timeline, and has a driver count as being there.
// Each is kept on this machine first. An *AloneError means that it got no further.
func (d *Desk) Write(ctx context.Context, view *View, entries ...Entry) error {
	return d.Change(ctx, view, func(*Incident) {}, entries...)
}

// Change is Write that changes more than the timeline; that part is lost if the
// cluster does not take it.
func (d *Desk) Change(ctx context.Context, view *View, change func(*Incident), entries ...Entry) error {
	id := view.Incident.ID
	var kept error
	if view.Alone == nil { // else it is the copy
		kept = d.Copies.Keep(view.Incident)
	}
	if kept == nil {
		kept = d.Copies.Note(id, view.Alone != nil, entries...)
	}
	if view.Alone != nil {
		if kept != nil {
			return errors.Join(view.Alone, kept)
		}
		return &AloneError{view.Alone}
	}
	in, err := d.Store.Update(ctx, id, func(in *Incident) {
		change(in)
		for _, e := range entries {
			in.put(e)
		}
	})
	switch {
	case err != nil && kept != nil:
		return errors.Join(err, kept)
	case err != nil:
		if kept = d.Copies.Note(id, true, entries...); kept != nil {
			return errors.Join(err, kept)
		}
		return &AloneError{err}
	}
	view.Incident, view.Unsaid = in, errors.Join(kept, d.Copies.Keep(in))
	if view.Undriven == nil {
		view.Unsaid = errors.Join(view.Unsaid, d.Store.Renew(ctx, d.Me))
	}
	return nil
}

// Take makes the operator the driver in place of the view's, and notes it.
func (d *Desk) Take(ctx context.Context, view *View, text string) error {
	driver, err := d.Store.Take(ctx, d.Me, view.Driver)
	if err != nil {
		return err
	}
	view.Driver = driver
	return d.Write(ctx, view, d.Entry(Driving, text))
}

// Close closes the incident. anyway is why, if the last check did not pass.
func (d *Desk) Close(ctx context.Context, view *View, anyway string, closing *Snapshot) error {
	entry := d.Entry(Closing, "closed")
	if anyway != "" {
		entry.Text = "closed although the check did not pass: " + anyway
	}
	in, err := d.Store.Close(ctx, view.Incident.ID, func(in *Incident) {
		in.put(entry)
		in.Closed, in.Closer, in.Anyway = entry.At, &d.Me, anyway
		if closing != nil {
			in.Closing = closing
		}
	})
	if in != nil {
		view.Incident = in
		view.Unsaid = d.Copies.Keep(in)
	}
	return err
}

// Get reads an incident for a report: "" is the open one or else the latest. The
// second answer is why it is a copy of this machine, if it is one.
func (d *Desk) Get(ctx context.Context, id string) (in *Incident, alone, err error) {
	in, err = d.Store.Get(ctx, id)
	if errors.Is(err, ErrNone) && id == "" {
		var list []Brief
		if list, _, err = d.Store.List(ctx); err == nil && len(list) > 0 {
			in, err = d.Store.Get(ctx, list[0].ID)
		} else if err == nil {
			err = ErrNone
		}
	}
	if err == nil || errors.Is(err, context.Canceled) {
		return in, nil, err
	}
	copied, copyErr := d.Copies.Find(&d.Store.client.Where, id)
	if copyErr != nil {
		return nil, nil, err // that there is no copy is no news
	}
	return copied, err, nil
}

// Find is the copy of an incident, "" being the latest in a place (of any place
// if it is nil).
func (c Copies) Find(where *cluster.Location, id string) (*Incident, error) {
	if id != "" {
		copied, err := c.Read(id)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w by the ID %s as far as this machine knows, nor was one", ErrNone, id)
		}
		return copied.Incident, err
	}
	all, err := c.All(where)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w as far as this machine knows", ErrNone)
	}
	return all[0].Incident, nil
}

// Heard is how long ago something was heard of the driver.
func (d Driver) Heard(now time.Time) time.Duration { return max(0, now.Sub(d.Renewed)) }
