package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// soakTime is the variable that says how long the soak lasts.
const soakTime = "BINDERCTL_SOAK"

// shortSoak is how long it lasts in make test.
const shortSoak = 30 * time.Second

// launchesPerSecond is how many servers are launched in each second of the soak,
// and as many stopped. mybinder.org has a tenth of that.
const launchesPerSecond = 5

// livesAtOnce is from how many servers on the next launch waits for an end. A Hub
// that does not keep up, because others use the machine too, is not to be
// overrun: what it fails to stop then really is lost.
const livesAtOnce = 25

// A look is begun this often, by several that take turns: one that has to see
// whether something passes takes half a minute.
const (
	lookEvery = 5 * time.Second
	lookers   = 4
)

// TestRealHubSoak launches and stops servers all the time, and has binderctl look
// for orphans meanwhile. There are none, so each it finds is a server that
// somebody would have lost.
func TestRealHubSoak(t *testing.T) {
	t.Parallel()
	lasts := shortSoak
	if asked := os.Getenv(soakTime); asked != "" {
		var err error
		if lasts, err = time.ParseDuration(asked); err != nil {
			t.Fatal(err)
		}
	}
	h := startRealHub(t, "singleuser: {startTimeout: 60}")
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	began := time.Now()
	finish := h.soak(ctx, t)
	var looks atomic.Int32
	t.Run("looks", func(t *testing.T) {
		for n := range lookers {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				for pause := time.Duration(n) * lookEvery; linger(ctx, pause); pause = lookEvery * lookers {
					h.findsNoOrphans(t)
					looks.Add(1)
				}
			})
		}
	})
	<-ctx.Done()
	lives, err := finish()
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d servers launched and stopped, %.1f a second; looked for orphans %d times",
		lives, float64(lives)/time.Since(began).Seconds(), looks.Load())
	eventually(t, "all pods are gone", func() bool { return len(h.users(t)) == 0 })
	h.findsNoOrphans(t)
}

// linger waits, and says whether the context goes on.
func linger(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// findsNoOrphans has binderctl look, and fail if it takes any pod for one.
func (h *realHub) findsNoOrphans(t *testing.T) {
	t.Helper()
	if found := h.orphans(t); len(found.Items) != 0 {
		found.failf("%d findings on a Hub that works", len(found.Items))
	}
}

// orphanDoc is what pods orphans prints.
type orphanDoc struct {
	*result
	Items []struct {
		Class   string `json:"class"`
		User    string `json:"user"`
		Certain bool   `json:"certain"`
	} `json:"items"`
}

// orphans has binderctl look for what the Hub lost.
func (h *realHub) orphans(t *testing.T, args ...string) orphanDoc {
	t.Helper()
	doc := orphanDoc{result: h.run(t, append([]string{"pods", "orphans", "-o", "json"}, args...)...)}
	doc.decode(&doc)
	code := 0
	for _, finding := range doc.Items {
		if finding.Certain {
			code = 3
		}
	}
	doc.exits(code)
	return doc
}

// soak launches servers until the context ends, and stops each after a while:
// at once, or up to two seconds later. What it returns waits for the last one and
// says how many there were.
func (h *realHub) soak(ctx context.Context, t *testing.T) (wait func() (int, error)) {
	t.Helper()
	var lives sync.WaitGroup
	var launched atomic.Int32
	var lock sync.Mutex
	var errs []error
	live := func(n int) {
		err := h.liveAndDie(t.Context(), fmt.Sprintf("soak-%05d", n), time.Duration(n%5)*500*time.Millisecond)
		launched.Add(1)
		if err != nil {
			lock.Lock()
			defer lock.Unlock()
			errs = append(errs, err)
		}
	}
	places := make(chan struct{}, livesAtOnce)
	lives.Go(func() {
		tick := time.NewTicker(time.Second / launchesPerSecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			places <- struct{}{}
			lives.Go(func() {
				defer func() { <-places }()
				live(n)
			})
		}
	})
	return func() (int, error) {
		lives.Wait()
		return int(launched.Load()), errors.Join(errs...)
	}
}

// liveAndDie is the life of a server: it is launched, used, stopped, and its user
// forgotten.
func (h *realHub) liveAndDie(ctx context.Context, user string, used time.Duration) error {
	if err := h.Launch(ctx, user); err != nil {
		return err
	}
	if !linger(ctx, used) {
		return ctx.Err()
	}
	// The culler deletes BinderHub's users, and with them their servers. While one
	// stops for long, it says so, and tries again in its next round.
	for {
		answer, err := h.DeleteUser(ctx, user)
		switch {
		case err != nil:
			return err
		case answer.Status == http.StatusNoContent:
			return nil
		case answer.Status != http.StatusBadRequest || !linger(ctx, time.Second):
			return fmt.Errorf("delete %s: %d %s", user, answer.Status, answer.Body)
		}
	}
}
