package hub

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Findings are what was found, the gravest first, and of a class the oldest
// first.
func (l *Look) Findings() []Finding {
	order := Classes()
	findings := make([]Finding, 0, len(l.found))
	for _, c := range l.found {
		findings = append(findings, l.finding(c))
	}
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Class), slices.Index(order, b.Class)),
			a.Since.Compare(b.Since), strings.Compare(a.Pod, b.Pod), strings.Compare(a.User, b.User), strings.Compare(a.Name, b.Name))
	})
	return findings
}

func (l *Look) finding(c candidate) Finding {
	s := c.subject
	f := Finding{Class: c.rule.class, Key: s.Key, Settled: c.settled, Since: s.server.Started, Pending: s.server.Pending, Repo: shortRepo(s.server.RepoURL)}
	if p := s.pod(); p != nil {
		f.Namespace, f.Pod, f.UID, f.Phase, f.Node = p.Namespace, p.Name, p.UID, string(p.Phase), p.Node
		f.Since, f.Deleting, f.Held = p.Created, p.deleting(), p.Held
		f.Repo = cmp.Or(p.Repo, f.Repo)
	}
	f.Routed = s.routed
	if key, ok := l.renamed[f.UID]; ok && f.Class == Orphan {
		f.Perhaps = key.User
		c.says += "; it may be that of " + key.String() + ", who has none and began then: was the user renamed?"
	}
	f.Evidence = c.says + "; seen " + times(l.began, s.now)
	if !c.settled {
		f.Evidence += ", not far enough apart to be certain: it may pass by itself"
	}
	return f
}

// times are when something was seen.
func times(first, last time.Time) string {
	if last.Sub(first) < time.Second {
		return "twice at " + last.Format(time.TimeOnly) + " UTC"
	}
	return fmt.Sprintf("at %s and %s UTC", first.Format(time.TimeOnly), last.Format(time.TimeOnly))
}

// shortRepo is a repository as BinderHub told the Hub of it, without what all of
// them share.
func shortRepo(address string) string {
	short := strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
	return strings.TrimSuffix(strings.TrimPrefix(short, "github.com/"), ".git")
}
