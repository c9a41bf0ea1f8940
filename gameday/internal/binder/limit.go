package binder

import (
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// period is that of the limit of launches (BinderHub's default).
const period = time.Hour

// limiter counts the launches of each address.
type limiter struct {
	limit int
	now   func() time.Time

	mu   sync.Mutex
	seen map[string]*window
}

// window is a period of an address.
type window struct {
	resets time.Time
	left   int
}

func newLimiter(limit int, now func() time.Time) *limiter {
	return &limiter{limit: limit, now: now, seen: map[string]*window{}}
}

// take counts a launch, tells how many are left, and says whether it may be.
func (l *limiter) take(w http.ResponseWriter, r *http.Request) bool {
	if l.limit == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	from := remote(r)
	seen := l.seen[from]
	if seen == nil || l.now().After(seen.resets) {
		seen = &window{resets: l.now().Add(period), left: l.limit}
		l.seen[from] = seen
	}
	if seen.left == 0 {
		return false
	}
	seen.left--
	w.Header().Set("X-Ratelimit-Remaining", strconv.Itoa(seen.left))
	w.Header().Set("X-Ratelimit-Reset", strconv.FormatInt(seen.resets.Unix(), 10))
	w.Header().Set("X-Ratelimit-Limit", strconv.Itoa(l.limit))
	return true
}

// remote is the address that a request comes from.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
