// Package hubdb is the database of a game day's Hub: a file.
package hubdb

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Content is all that the Hub and its proxy keep.
type Content struct {
	// Continues says that the Hub which serves this content first has been
	// running all along: what is pending then still is. Any later Hub finds its
	// servers in the database and has to look for itself.
	Continues bool     `json:"continues"`
	Users     []*User  `json:"users"` // in the order in which they were made
	Routes    []*Route `json:"routes"`
	// Pod is the hub pod that was served last.
	Pod types.UID `json:"pod"`
	// Faults are those that hold.
	Faults []Fault `json:"faults"`
}

// User is a user and, while there is one, the user's server.
type User struct {
	Name         string     `json:"name"`
	Created      time.Time  `json:"created"`
	LastActivity *time.Time `json:"lastActivity"`
	Server       *Server    `json:"server,omitempty"`
}

// Server is a server that the Hub believes in.
type Server struct {
	Pod          string         `json:"pod"`
	Target       string         `json:"target,omitempty"` // where the proxy finds it, once it runs
	Started      time.Time      `json:"started"`
	LastActivity time.Time      `json:"lastActivity"`
	Options      map[string]any `json:"options"`
	Leaves       *time.Time     `json:"leaves,omitempty"` // when its user does
	Pending      string         `json:"pending,omitempty"`
	Since        time.Time      `json:"since"`           // of what is pending
	Stuck        bool           `json:"stuck,omitempty"` // what is pending never ends
}

// Route is one of the proxy's.
type Route struct {
	Path         string    `json:"path"`
	User         string    `json:"user,omitempty"` // "" is the Hub's own route
	Target       string    `json:"target"`
	LastActivity time.Time `json:"lastActivity"`
}

// Fault is one that holds, and since when.
type Fault struct {
	Name  string    `json:"name"`
	Since time.Time `json:"since"`
}
