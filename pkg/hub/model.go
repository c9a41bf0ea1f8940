package hub

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// user is what is read of a user in the Hub's answers. All that is secret in
// them has no field here.
type user struct {
	Name    string                     `json:"name"`
	Servers map[string]json.RawMessage `json:"servers"` // nil if the token may not know
}

type server struct {
	Ready        bool    `json:"ready"`
	Pending      *string `json:"pending"`
	Stopped      bool    `json:"stopped"` // since 3.0, with include_stopped_servers
	Started      stamp   `json:"started"`
	LastActivity stamp   `json:"last_activity"`
	Options      options `json:"user_options"`
}

// options are what a server was started with. Whoever may start one by the API can
// write anything there, so that what makes no sense is as if it were missing.
type options struct{ RepoURL string }

// UnmarshalJSON reads options.
func (o *options) UnmarshalJSON(text []byte) error {
	var said struct {
		RepoURL any `json:"repo_url"`
	}
	if json.Unmarshal(text, &said) == nil {
		o.RepoURL, _ = said.RepoURL.(string)
	}
	return nil
}

// stamp is a time that may be missing, or be written without a zone, in which
// case it is UTC (JupyterHub before 1.0).
type stamp struct{ time.Time }

// UnmarshalJSON reads a time. One that cannot be read is as if it were missing.
func (s *stamp) UnmarshalJSON(text []byte) error {
	written := strings.Trim(string(text), `"`)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, written); err == nil {
			s.Time = at.UTC()
		}
	}
	return nil
}

// each calls add for each of a user's servers that has begun to start and not
// ended.
func (u user) each(add func(Server)) error {
	if u.Servers == nil {
		return fmt.Errorf("%w: the token may not read servers (scope read:servers)", ErrRefused)
	}
	for name, text := range u.Servers {
		var s server
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
		if s.Stopped && !s.Ready && s.Pending == nil {
			continue
		}
		add(Server{
			Key: Key{u.Name, name}, Ready: s.Ready, Pending: pendingOf(s.Pending),
			Started: s.Started.Time, LastActivity: s.LastActivity.Time, RepoURL: s.Options.RepoURL,
		})
	}
	return nil
}

func pendingOf(text *string) Pending {
	if text == nil {
		return NotPending
	}
	return Pending(*text)
}
