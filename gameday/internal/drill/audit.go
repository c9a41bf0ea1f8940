package drill

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// Request is what the operator asked of the API server, with whatever program.
type Request struct {
	At        time.Time
	Verb      string
	Resource  string // with its subresource: pods/log
	Namespace string // "" is all of them
	Name      string
	Agent     string // the program
	Worked    bool
}

// audited is a line of the API server's audit log.
type audited struct {
	ID    string `json:"auditID"`
	Verb  string `json:"verb"`
	Agent string `json:"userAgent"`
	About struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	Answer struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
	Received time.Time `json:"requestReceivedTimestamp"`
}

// ReadAuditFile reads the requests since some time.
func ReadAuditFile(path string, since time.Time) ([]Request, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // nobody asked anything yet
	}
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	defer file.Close()
	requests, err := ReadAudit(file, since)
	if err != nil {
		return nil, fmt.Errorf("read audit log %s: %w", path, err)
	}
	return requests, nil
}

// ReadAudit reads the requests about objects since some time, each once: one that
// lasts is logged when it begins and when it ends. What a client asks about itself
// and about the server's ways is not of interest.
func ReadAudit(from io.Reader, since time.Time) ([]Request, error) {
	var requests []Request
	seen := map[string]bool{}
	for line, err := range lines[audited](from) {
		if err != nil {
			return nil, err
		}
		about := line.About
		if seen[line.ID] || line.Received.Before(since) || about.Resource == "" || strings.HasPrefix(about.Resource, "self") {
			continue
		}
		seen[line.ID] = true
		resource := about.Resource
		if about.Subresource != "" {
			resource += "/" + about.Subresource
		}
		requests = append(requests, Request{
			At: line.Received, Verb: line.Verb, Resource: resource, Namespace: about.Namespace, Name: about.Name,
			Agent: line.Agent, Worked: line.Answer.Code < 400,
		})
	}
	slices.SortStableFunc(requests, func(a, b Request) int { return a.At.Compare(b.At) })
	return requests, nil
}

// reads says whether a request only looks. A port-forward does, and is asked for
// with either verb.
func (r Request) reads() bool {
	return slices.Contains([]string{"get", "list", "watch"}, r.Verb) || r.Resource == "pods/portforward"
}

// ends is whether a request ends pods: that of its name, or all of its namespace
// that it selects.
func (r Request) ends() (one, all bool) {
	one = r.Resource == "pods" && r.Verb == "delete" || r.Resource == "pods/eviction"
	return one && r.Worked, r.Resource == "pods" && r.Verb == "deletecollection" && r.Worked
}

// byBinderctl says whether binderctl asked, whose changes are in its journal.
func (r Request) byBinderctl() bool { return strings.HasPrefix(r.Agent, "binderctl") }

// isJournaled says whether a change is of the kind that binderctl notes in its
// journal. What an incident is kept in is not.
func (r Request) isJournaled() bool {
	return slices.Contains([]string{"pods", "pods/eviction", "nodes"}, r.Resource)
}
