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
	"net/http"
	"net/url"
)

// Client speaks to one JupyterHub's REST API, 1.5 to 6.0.
type Client struct {
	// URL is that of the API and ends in a slash, such as http://hub:8081/hub/api/.
	URL *url.URL
	// Via is how the Hub is reached, to show to the operator: its URL, or "a
	// tunnel to pod hub-5d8b".
	Via string
	// Settings are how it was deployed, as far as that can be read.
	Settings Settings
	// Guessed is the key of the token in the Hub's Secret if nobody named it and it
	// is not BinderHub's: what that token may see is not known. Or it is "".
	Guessed string

	http  *http.Client
	token string // never shown
	close func() error
}

// Close ends the connections, and the tunnel if there is one.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return c.close()
}
