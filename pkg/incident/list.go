package incident

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Brief is an incident in a list.
type Brief struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	Began   time.Time `json:"beganAt"`
	Opened  time.Time `json:"openedAt"`
	Closed  time.Time `json:"closedAt,omitzero"`
	By      Person    `json:"openedBy"`
	Entries int       `json:"entries"`
	Local   bool      `json:"local"` // it is on this machine and not in the cluster
}

// Brief is the incident in a list.
func (i *Incident) Brief() Brief {
	return Brief{ID: i.ID, Title: i.Title, Began: i.Began, Opened: i.Opened, Closed: i.Closed, By: i.By, Entries: len(i.Entries)}
}

// List lists the incidents in the namespace, the latest first, and how many
// ConfigMaps could not be read as such.
func (s *Store) List(ctx context.Context) (list []Brief, strange int, err error) {
	found := &briefs{}
	if err := s.client.ReadConfigMaps(ctx, s.namespace, incidentKey+",!"+pageKey, found); err != nil {
		return nil, 0, err
	}
	sortBriefs(found.list)
	return found.list, found.strange, nil
}

// briefs keeps of each ConfigMap no more than a list says.
type briefs struct {
	list    []Brief
	strange int
}

func (b *briefs) Reset() { b.list, b.strange = []Brief{}, 0 }

func (b *briefs) Add(object *corev1.ConfigMap) {
	in, err := decode(object)
	switch {
	case err != nil:
		b.strange++
	case !slices.ContainsFunc(b.list, func(known Brief) bool { return known.ID == in.ID }): // closing has a moment with two
		b.list = append(b.list, in.Brief())
	}
}

func sortBriefs(list []Brief) {
	slices.SortFunc(list, func(a, b Brief) int { return cmp.Or(b.Opened.Compare(a.Opened), cmp.Compare(b.ID, a.ID)) })
}

// Get reads an incident with all its entries: the open one if id is "" or its
// ID, else one that is over.
func (s *Store) Get(ctx context.Context, id string) (*Incident, error) {
	in, err := s.Read(ctx)
	if id != "" && (err == nil && in.ID != id || errors.Is(err, ErrNone)) {
		if _, in, err = s.read(ctx, archiveName(id)); apierrors.IsNotFound(err) {
			_, in, err = s.read(ctx, ConfigMapName) // somebody was stopped while closing it
		}
		if apierrors.IsNotFound(err) || err == nil && in.ID != id {
			return nil, fmt.Errorf("%w by the ID %s, and none that is over has it", ErrNone, id)
		}
	}
	if err != nil {
		return nil, err
	}
	return in, s.Complete(ctx, in)
}

// Add adds to a list the copies of incidents in a place that are not in it.
func (c Copies) Add(list []Brief, where cluster.Location) ([]Brief, error) {
	all, err := c.All(&where)
	for i := range all {
		copied := &all[i]
		known := slices.ContainsFunc(list, func(b Brief) bool { return b.ID == copied.Incident.ID })
		if !known && copied.Into == "" {
			brief := copied.Incident.Brief()
			brief.Local = true
			list = append(list, brief)
		}
	}
	sortBriefs(list)
	return list, err
}
