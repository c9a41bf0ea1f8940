// Package hub is binderctl's view of JupyterHub: which servers the Hub believes
// in, how that compares with the pods there are, and what its log says of it.
//
// Every incident it answers is one story: the Hub's view of its pods stops
// matching the cluster. So nothing the Hub says is taken for the truth about a
// pod, and nothing it does not say is taken for the absence of a server: a Hub
// that cannot be reached, or whose list broke off, is an error, never "nobody".
//
// Users' tokens and addresses, which the Hub's answers hold, are dropped as the
// answers are read.
package hub

import (
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Client speaks to one JupyterHub's REST API, 1.5 to 6.0.
type Client struct {
	// URL is that of the API, such as http://hub:8081/hub/api/.
	URL *url.URL
	// Via is how the Hub is reached, to show to the operator: the URL, or "a
	// tunnel to pod hub-5d8b".
	Via string

	http  *http.Client
	token string // never shown
	now   func() time.Time
	close func() error
}

// What a Hub's refusal means, for whoever decides what to do next.
var (
	// ErrUnreachable means that no Hub answered: nothing is known of its servers.
	ErrUnreachable = errors.New("the Hub does not answer")
	// ErrNoToken means that there is no token to ask the Hub with.
	ErrNoToken = errors.New("no token for the Hub")
	// ErrRefused means that the Hub does not accept the token, or not for this.
	ErrRefused = errors.New("the Hub refuses the token")
	// ErrIncomplete means that a list broke off or changed too much to be trusted.
	ErrIncomplete = errors.New("the Hub's list is incomplete")
)
