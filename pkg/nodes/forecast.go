package nodes

import (
	"math"
	"time"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// Forecast says when there will be no room for more users if they go on to come
// as they did lately and nobody leaves. The latter makes it a lower limit.
type Forecast struct {
	Room     int     `json:"room"`          // what is left for users to come, once those that wait have theirs; with nodes yet to come
	Arrivals int     `json:"arrivals"`      // user pods of the window that are still there
	Window   float64 `json:"windowSeconds"` // how far back they were counted
	Full     float64 `json:"fullSeconds"`   // until there is no room
	Earliest float64 `json:"earliestSeconds"`
	Latest   float64 `json:"latestSeconds"` // with Earliest the 95 % interval
}

const (
	// arrivalWindow is how far back arrivals are counted: long enough for a
	// rate, short enough to be the present one.
	arrivalWindow = 30 * time.Minute
	// fewestArrivals is how many it takes to speak of a rate: with ten the ends
	// of the interval are a factor of four apart.
	fewestArrivals = 10
	// farthest is how far ahead the forecast looks. After six hours at most
	// users' servers are culled on mybinder.org, so beyond that "nobody leaves"
	// says nothing.
	farthest = 6 * time.Hour
)

// forecast says when the cluster will be full, nil if there is too little to
// say, or if it is full already, or will be once those who wait have a place.
func (s *snapshot) forecast(h Headroom) *Forecast {
	room := h.Now + h.OnNodesYet - h.Waiting
	arrivals := s.arrivals()
	if room <= 0 || arrivals < fewestArrivals {
		return nil
	}
	low, high := poisson(arrivals)
	window := arrivalWindow.Seconds()
	until := func(expected float64) float64 { return math.Round(float64(room) / expected * window) }
	f := &Forecast{
		Room: room, Arrivals: arrivals, Window: window,
		Full: until(float64(arrivals)), Earliest: until(high), Latest: until(low),
	}
	if f.Full > farthest.Seconds() {
		return nil
	}
	return f
}

// arrivals counts the user pods that came in the window and are still there.
func (s *snapshot) arrivals() int {
	n := 0
	for i := range s.guests {
		g := &s.guests[i]
		if g.kind == cluster.User && !g.finished() && g.due.IsZero() && s.now.Sub(g.created) < arrivalWindow {
			n++
		}
	}
	return n
}

// poisson is the 95 % interval of the number to be expected where n were seen,
// by Byar's approximation to the exact one (within 1 % from ten on).
func poisson(n int) (low, high float64) {
	const z = 1.959964 // of the normal distribution, 2.5 % beyond
	bound := func(k, z float64) float64 {
		return k * math.Pow(1-1/(9*k)+z/(3*math.Sqrt(k)), 3)
	}
	return bound(float64(n), -z), bound(float64(n)+1, z)
}
