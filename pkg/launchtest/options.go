package launchtest

import (
	"net/http"
	"time"
)

// Options say how a launch is made and how far it may go.
type Options struct {
	Binder string // URL of the BinderHub
	Repo   Repo
	// Timeout is for the whole launch, and Limits for single stages; 0 is none.
	Timeout time.Duration
	Limits  map[Stage]time.Duration
	// Sameserver hosts besides BinderHub's own to which a server's token may be
	// sent. BinderHub and its Hub are often on two hosts of one domain.
	TrustHosts []string
	HTTP       *http.Client
	Now        func() time.Time
	Tell       Tell // may be nil
}

// Tell is told of a launch while it goes on, never by two at once: of the stage
// that it is in, and of each line of a build's log.
type Tell func(launch Launch, line string)

// Repo is what to launch, as BinderHub's address has it.
type Repo struct {
	Provider string // "gh"
	Spec     string // escaped as the provider wants it: "owner/name/ref"
	URLPath  string // what to open in the server, or ""
}

// String is the repository as BinderHub is asked for it.
func (r Repo) String() string { return r.Provider + "/" + r.Spec }
