package watch

import "time"

// Target is what is launched again and again: a repository on a BinderHub.
type Target struct {
	Member string `json:"member"` // name of the BinderHub: a federation's member, or a host
	Binder string `json:"binder"` // its URL
	Repo   string `json:"repo"`   // as BinderHub is asked: "gh/owner/name/ref"
	Fresh  bool   `json:"fresh"`  // its image is built anew each time
	// Every is how long from one launch to the next.
	Every time.Duration `json:"-"`
}

// String is a target in words.
func (t Target) String() string {
	if t.Fresh {
		return t.Member + " " + t.Repo + " (fresh)"
	}
	return t.Member + " " + t.Repo
}
