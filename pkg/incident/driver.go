package incident

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LeaseName is the Lease that the driver of an incident holds.
const LeaseName = "binderctl-incident-driver"

// StaleAfter is how long a driver may do nothing with binderctl until they are
// taken to be gone: a laptop has died, or somebody went to bed. It is longer
// than it takes to read logs and talk, and shorter than an incident can wait.
const StaleAfter = 15 * time.Minute

// Driver is who issues the commands. The zero Driver is nobody.
type Driver struct {
	Holder  string    `json:"holder"` // as Person.String has it; "" is nobody
	Since   time.Time `json:"since,omitzero"`
	Renewed time.Time `json:"renewedAt,omitzero"`
	Turns   int       `json:"turns"` // how often it went from one to another
	Stale   bool      `json:"stale"` // nothing was heard of them for StaleAfter

	version string
}

// Nobody reports whether nobody drives.
func (d Driver) Nobody() bool { return d.Holder == "" }

// Is reports whether a person drives.
func (d Driver) Is(p Person) bool { return d.Holder == p.String() }

// TakenError is that somebody else took the wheel while an operator made up
// their mind.
type TakenError struct{ Driver Driver }

// Error says who.
func (e *TakenError) Error() string {
	return "take over: " + cmp.Or(e.Driver.Holder, "somebody") + " was faster"
}

// Driver reads who drives.
func (s *Store) Driver(ctx context.Context) (Driver, error) {
	lease, err := s.leases().Get(ctx, LeaseName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return Driver{}, nil
	}
	if err != nil {
		return Driver{}, fmt.Errorf("read who drives: %w", err)
	}
	return s.driverOf(lease), nil
}

func (s *Store) driverOf(lease *coordinationv1.Lease) Driver {
	d := Driver{version: lease.ResourceVersion}
	if turns := lease.Spec.LeaseTransitions; turns != nil {
		d.Turns = int(*turns)
	}
	if holder := lease.Spec.HolderIdentity; holder == nil || *holder == "" {
		return d
	}
	d.Holder = *lease.Spec.HolderIdentity
	if lease.Spec.AcquireTime != nil {
		d.Since = lease.Spec.AcquireTime.UTC()
	}
	if lease.Spec.RenewTime != nil {
		d.Renewed = lease.Spec.RenewTime.UTC()
	}
	stale := StaleAfter
	if seconds := lease.Spec.LeaseDurationSeconds; seconds != nil {
		stale = time.Duration(*seconds) * time.Second
	}
	d.Stale = s.now().Sub(d.Renewed) > stale
	return d
}

// Take makes a person the driver, provided that nobody else became it since the
// driver was read that they mean to follow: otherwise it is a *TakenError.
func (s *Store) Take(ctx context.Context, me Person, after Driver) (Driver, error) {
	now := metav1.NewMicroTime(s.now())
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: LeaseName, Namespace: s.namespace, Labels: labels(""), ResourceVersion: after.version},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: new(me.String()), LeaseDurationSeconds: new(int32(StaleAfter / time.Second)),
			AcquireTime: &now, RenewTime: &now, LeaseTransitions: new(int32(after.Turns)),
		},
	}
	if after.Is(me) {
		lease.Spec.AcquireTime = &metav1.MicroTime{Time: after.Since}
	} else if after.version != "" && after.Turns < math.MaxInt32 {
		*lease.Spec.LeaseTransitions++
	}
	var err error
	if after.version == "" {
		lease, err = s.leases().Create(ctx, lease, metav1.CreateOptions{})
	} else {
		lease, err = s.leases().Update(ctx, lease, metav1.UpdateOptions{})
	}
	switch {
	case err == nil:
		return s.driverOf(lease), nil
	case !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err):
		return Driver{}, fmt.Errorf("take over: %w", err)
	}
	winner, readErr := s.Driver(ctx)
	switch {
	case readErr != nil:
		return Driver{}, errors.Join(fmt.Errorf("take over: %w", err), readErr)
	case winner.Is(me): // an answer was lost, or it was renewed beside us
		return winner, nil
	case winner.Holder == after.Holder, winner.version == "": // they went on; or the Lease is gone, and nobody came
		return s.Take(ctx, me, winner)
	}
	return winner, &TakenError{winner}
}

// Renew notes that the driver is there. It does nothing for anybody else.
func (s *Store) Renew(ctx context.Context, me Person) error {
	driver, err := s.Driver(ctx)
	if err != nil || !driver.Is(me) {
		return err
	}
	_, err = s.Take(ctx, me, driver)
	if _, taken := errors.AsType[*TakenError](err); taken {
		return nil
	}
	return err
}

// Release has nobody drive.
func (s *Store) Release(ctx context.Context) error {
	return s.persist(ctx, func() error {
		lease, err := s.leases().Get(ctx, LeaseName, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("release the wheel: %w", err)
		}
		lease.Spec.HolderIdentity, lease.Spec.AcquireTime, lease.Spec.RenewTime = new(""), nil, nil
		_, err = s.leases().Update(ctx, lease, metav1.UpdateOptions{})
		if err != nil {
			return fmt.Errorf("release the wheel: %w", err)
		}
		return nil
	})
}
