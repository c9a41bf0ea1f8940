package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Merge is what became of a copy that knew more than the cluster.
type Merge struct {
	ID      string // of the copy
	Into    string // of the incident that has it now
	Entries int    // that had not got to the cluster
	Opened  bool   // the incident itself was
}

// MergeCopies brings to the cluster what only this machine knows of incidents in
// the store's place: entries that were written while it could not be reached, and
// incidents that were opened then. An incident that was opened here alone while
// another is open in the cluster becomes part of that one: there is one timeline.
func (s *Store) MergeCopies(ctx context.Context, copies Copies) ([]Merge, error) {
	all, err := copies.All(&s.client.Where)
	if err != nil {
		return nil, err
	}
	var merged []Merge
	for i := range all {
		if len(all[i].Pending) == 0 && !all[i].Alone || all[i].Into != "" {
			continue
		}
		m, err := s.merge(ctx, copies, &all[i])
		if errors.Is(err, ErrNone) {
			continue // somebody removed the incident from the cluster: the copy is all there is
		}
		if err != nil {
			return merged, fmt.Errorf("merge the copy of incident %s: %w", all[i].Incident.ID, err)
		}
		if m.Entries > 0 || m.Opened || m.Into != m.ID {
			merged = append(merged, m)
		}
	}
	return merged, nil
}

func (s *Store) merge(ctx context.Context, copies Copies, c *Copy) (Merge, error) {
	m := Merge{ID: c.Incident.ID, Into: c.Incident.ID}
	entries := slices.Clone(c.Pending)
	for i := range entries {
		if c.away[entries[i].ID] { // else another program of this machine is about to write it
			m.Entries++
			entries[i].Late = stamp(s.now())
		}
	}
	if c.Alone {
		err := s.openLate(ctx, c, entries)
		if open, other := errors.AsType[*AlreadyOpenError](err); other {
			m.Into = open.Incident.ID
			err = nil
		} else if err == nil {
			m.Opened = true
		}
		if err != nil {
			return m, err
		}
	}
	if !m.Opened {
		if err := s.addAnywhere(ctx, m.Into, entries); err != nil {
			return m, err
		}
	}
	if m.Into == m.ID {
		in, err := s.Get(ctx, m.ID)
		if err != nil {
			return m, err
		}
		if err := copies.Keep(in); err != nil {
			return m, err
		}
	}
	return m, copies.Merged(m.ID, m.Into, entries)
}

// openLate opens in the cluster what was opened on a machine alone.
func (s *Store) openLate(ctx context.Context, c *Copy, entries []Entry) error {
	in := c.Incident.bare()
	in.Where.Namespace = s.namespace
	for _, e := range entries {
		in.put(e)
	}
	return s.Open(ctx, in)
}

// addAnywhere adds entries to an incident, which may be over. What is on a page
// already is passed over when it is read.
func (s *Store) addAnywhere(ctx context.Context, id string, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	_, err := s.Add(ctx, id, entries...)
	_, other := errors.AsType[*AlreadyOpenError](err)
	if !errors.Is(err, ErrNone) && !other {
		return err
	}
	_, err = s.AddLate(ctx, id, entries...)
	return err
}
