package hub

import (
	"time"
)

// Pending is what the Hub says a server is in the middle of.
type Pending string

// What a server can be in the middle of.
const (
	NotPending    Pending = ""
	PendingSpawn  Pending = "spawn"
	PendingStop   Pending = "stop"
	PendingCheck  Pending = "check"
	PendingRename Pending = "rename" // since JupyterHub 6
)

// Key names one server: a user's default server has no name.
type Key struct {
	User string `json:"user"`
	Name string `json:"server"`
}

// String is the server as an operator reads of it: "user x", or "server lab of
// user x".
func (k Key) String() string {
	if k.Name == "" {
		return "user " + k.User
	}
	return "server " + k.Name + " of user " + k.User
}

// Server is one server as the Hub sees it.
type Server struct {
	Key
	Ready        bool      `json:"ready"`
	Pending      Pending   `json:"pending"`
	Started      time.Time `json:"startedAt,omitzero"`      // zero if the Hub does not say
	LastActivity time.Time `json:"lastActivityAt,omitzero"` // zero if the Hub does not say
	RepoURL      string    `json:"repoURL"`                 // as BinderHub told the Hub; "" of other Hubs
}

// View is all that a Hub says at one time.
type View struct {
	Version string         // of JupyterHub
	Servers map[Key]Server // all that have begun to start and not ended
}
