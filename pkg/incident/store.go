package incident

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// ConfigMapName is the ConfigMap that holds the open incident. What is over is in
// others, whose names begin with it.
const ConfigMapName = "binderctl-incident"

// dataKey is where in a ConfigMap the document is.
const dataKey = "incident.json"

// Labels of all that is written, by which it is found again.
const (
	managedKey  = "app.kubernetes.io/managed-by"
	managedBy   = "binderctl"
	incidentKey = "binderctl.github.io/incident" // the ID
	pageKey     = "binderctl.github.io/page"     // of older entries
)

// ErrNone is that no incident is open.
var ErrNone = errors.New("no incident is open")

// ErrFull is that the timeline takes nothing more.
var ErrFull = errors.New("the timeline is full")

// AlreadyOpenError is that another incident is open.
type AlreadyOpenError struct{ Incident *Incident }

// Error names it.
func (e *AlreadyOpenError) Error() string {
	return fmt.Sprintf("an incident is open already: %s, %s", e.Incident.ID, e.Incident.Title)
}

// Store is the incidents of one namespace of a cluster.
type Store struct {
	client    *cluster.Client
	namespace string
}

// NewStore is the Store in the client's namespace.
func NewStore(c *cluster.Client) *Store { return &Store{c, c.Where.Namespace} }

// now is the time by the server's clock: several machines write, and each is
// wrong by something else. Where the two hardly differ it is this machine's, as
// the server tells whole seconds, and what was done in one has an order.
func (s *Store) now() time.Time {
	if s.client.ClockSkew().Abs() <= clockSlack {
		return s.client.Now().UTC()
	}
	return s.client.ServerNow()
}

// clockSlack is a difference of clocks that does not matter.
const clockSlack = 2 * time.Second

// Now is the time of entries.
func (s *Store) Now() time.Time { return s.now().Truncate(time.Millisecond) }

func (s *Store) maps() coreclient.ConfigMapInterface {
	return s.client.Kube.CoreV1().ConfigMaps(s.namespace)
}

func (s *Store) leases() coordinationclient.LeaseInterface {
	return s.client.Kube.CoordinationV1().Leases(s.namespace)
}

func labels(id string) map[string]string {
	set := map[string]string{managedKey: managedBy}
	if id != "" {
		set[incidentKey] = id
	}
	return set
}

// Read reads the open incident, without what is on pages. It is ErrNone if there
// is none.
func (s *Store) Read(ctx context.Context) (*Incident, error) {
	_, in, err := s.read(ctx, ConfigMapName)
	if apierrors.IsNotFound(err) || err == nil && !in.Open() { // somebody was stopped while closing it
		return nil, ErrNone
	}
	return in, err
}

func (s *Store) read(ctx context.Context, name string) (*corev1.ConfigMap, *Incident, error) {
	object, err := s.maps().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("read incident: %w", err)
	}
	in, err := decode(object)
	return object, in, err
}

func decode(object *corev1.ConfigMap) (*Incident, error) {
	var in Incident
	err := json.Unmarshal([]byte(object.Data[dataKey]), &in)
	if err == nil && in.Version <= Version {
		err = in.credible()
	}
	if err != nil {
		return nil, fmt.Errorf("read incident: ConfigMap %s is not as binderctl writes it (mend it with kubectl edit, or delete it): %w", object.Name, err)
	}
	if in.Version > Version {
		return nil, fmt.Errorf("read incident: ConfigMap %s was written by a newer binderctl (version %d of the document)", object.Name, in.Version)
	}
	return &in, nil
}

func encode(object *corev1.ConfigMap, in *Incident) error {
	text, err := json.MarshalIndent(in, "", " ") // for whoever reads it with kubectl
	if err != nil {
		return fmt.Errorf("write incident: %w", err)
	}
	if len(text) > hardLimit {
		return fmt.Errorf("write incident: %w: %d kB; close it and open another, or let somebody write who may make ConfigMaps", ErrFull, len(text)>>10)
	}
	object.Data = map[string]string{dataKey: string(text)}
	return nil
}

// Open writes a new incident. It is an *AlreadyOpenError if one is open.
func (s *Store) Open(ctx context.Context, in *Incident) error {
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: ConfigMapName, Namespace: s.namespace, Labels: labels(in.ID)}}
	if err := encode(object, in); err != nil {
		return err
	}
	_, err := s.maps().Create(ctx, object, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		if err != nil {
			return fmt.Errorf("open incident: %w", err)
		}
		return nil
	}
	_, known, err := s.read(ctx, ConfigMapName)
	switch {
	case err != nil:
		return err
	case known.ID == in.ID: // an answer was lost
		return nil
	case known.Open():
		return &AlreadyOpenError{known}
	}
	// Whoever closed that one was stopped before it was out of the way.
	if err := s.archive(ctx, known); err != nil {
		return err
	}
	if _, err = s.maps().Create(ctx, object, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("open incident: %w", err)
	}
	return nil
}

// Update changes the open incident, which must have this ID, as often as it takes
// until nobody else came between. It returns the incident as it was written.
func (s *Store) Update(ctx context.Context, id string, change func(*Incident)) (*Incident, error) {
	return s.update(ctx, ConfigMapName, id, change)
}

func (s *Store) update(ctx context.Context, name, id string, change func(*Incident)) (written *Incident, err error) {
	err = s.persist(ctx, func() error {
		object, in, err := s.read(ctx, name)
		switch {
		case apierrors.IsNotFound(err), err == nil && name == ConfigMapName && !in.Open():
			return ErrNone
		case err != nil:
			return err
		case in.ID != id:
			return fmt.Errorf("write incident: %w", &AlreadyOpenError{in})
		}
		change(in)
		if err := s.turnPage(ctx, in); err != nil {
			return err
		}
		if err := encode(object, in); err != nil {
			return err
		}
		if _, err := s.maps().Update(ctx, object, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("write incident: %w", err)
		}
		written = in
		return nil
	})
	return written, err
}

// Add writes entries into the timeline of the open incident.
func (s *Store) Add(ctx context.Context, id string, entries ...Entry) (*Incident, error) {
	return s.Update(ctx, id, func(in *Incident) {
		for _, e := range entries {
			in.put(e)
		}
	})
}

// AddLate writes entries into the timeline of an incident that is over.
func (s *Store) AddLate(ctx context.Context, id string, entries ...Entry) (*Incident, error) {
	return s.update(ctx, archiveName(id), id, func(in *Incident) {
		for _, e := range entries {
			in.put(e)
		}
	})
}

// Close moves the incident to where it is kept, and lets the wheel go. change is
// what is still to be written.
func (s *Store) Close(ctx context.Context, id string, change func(*Incident)) (*Incident, error) {
	in, err := s.Update(ctx, id, change)
	if err != nil {
		return nil, err
	}
	return in, s.archive(ctx, in)
}

// archive gives a closed incident a name of its own. The copy is made first, so
// that there is always one; an open incident of another ID is left alone.
func (s *Store) archive(ctx context.Context, in *Incident) error {
	object, now, err := s.read(ctx, ConfigMapName)
	if err != nil {
		return err
	}
	if now.ID != in.ID || now.Open() {
		return fmt.Errorf("close incident: %s was opened again meanwhile", now.ID)
	}
	kept := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: archiveName(in.ID), Namespace: s.namespace, Labels: labels(in.ID)}, Data: object.Data,
	}
	if _, err := s.maps().Create(ctx, kept, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("keep closed incident: %w", err)
	}
	// Once the ConfigMap is gone somebody may open the next incident, and drive it.
	if err := s.Release(ctx); err != nil {
		return err
	}
	unchanged := metav1.Preconditions{UID: &object.UID, ResourceVersion: &object.ResourceVersion}
	err = s.maps().Delete(ctx, ConfigMapName, metav1.DeleteOptions{Preconditions: &unchanged})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) { // with those, it is the next one's by now
		return fmt.Errorf("close incident: %w", err)
	}
	return nil
}

func archiveName(id string) string { return ConfigMapName + "-" + id }

// persist does something again for as long as others come between: some seconds,
// which is enough for dozens of writers. The rests have no cap, at which
// wait.Backoff would end them.
func (s *Store) persist(ctx context.Context, do func() error) error {
	backoff := wait.Backoff{Duration: 10 * time.Millisecond, Factor: 1.25, Jitter: 0.5, Steps: 22}
	var last error
	err := wait.ExponentialBackoffWithContext(ctx, backoff, func(context.Context) (bool, error) {
		last = do()
		if apierrors.IsConflict(last) {
			return false, nil
		}
		return true, last
	})
	if wait.Interrupted(err) && last != nil && ctx.Err() == nil {
		return last
	}
	return err
}
