package hub

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Directory is a Hub as far as it can be asked for servers. *Client is one.
type Directory interface {
	View(ctx context.Context) (View, error)
	Server(ctx context.Context, key Key) (server Server, known bool, err error)
}

// Sources are where to look.
type Sources struct {
	Hub  Directory
	Pods func(context.Context) (Sighting, error)
	// Routes asks the proxy. nil leaves it out.
	Routes func(context.Context) (map[Key]bool, error)
	// Sample is how many servers of a class the Hub is asked for by name, if there are
	// more that its list tells something odd of. If it says of each what its list says,
	// the list is believed about the others. 0 asks for all, as who would delete must.
	Sample int
	// Each calls do for 0 to n-1, as many at once as the Hub bears.
	Each func(ctx context.Context, n int, do func(ctx context.Context, i int) error) []error
}

// A Look is what was found when pods, servers and routes were compared. The
// first look shows what is wrong beyond doubt, and what may pass by itself; a
// second one (Again), a while later, tells which of that has passed.
//
// Nothing is called lost because it is missing from a list. Pods are read
// before and after the Hub is asked, and whoever seems to be missing is asked
// for by name.
type Look struct {
	Version  string    // of JupyterHub
	Pods     int       // user pods there were
	Servers  int       // in which the Hub believes
	TooYoung int       // pods that the Hub does not know, and may know in a moment
	Doubtful int       // pods that may be no users', of which nothing is said
	Judged   int       // pods that are old enough for the Hub to know them
	Known    int       // of those, how many it does
	Made     int       // of those, how many it may have made, by when their servers began
	At       time.Time // of the latest look at the pods

	sources Sources
	limits  Limits
	began   time.Time
	found   []candidate
	routes  bool // were read

	witnesses []Key             // servers that Vouch asks for
	renamed   map[types.UID]Key // of lost pods: whose they may be now
}

// candidate is a finding that may yet turn out to be none.
type candidate struct {
	rule    rule
	subject *subject
	says    string
	settled bool
}

// LookOnce compares pods with what the Hub and the proxy say. What it cannot
// see completely is an error.
func LookOnce(ctx context.Context, sources Sources, limits Limits) (*Look, error) {
	look := &Look{sources: sources, limits: limits}
	before, err := sources.Pods(ctx)
	if err != nil {
		return nil, err
	}
	view, err := sources.Hub.View(ctx)
	if err != nil {
		return nil, err
	}
	var routes map[Key]bool
	if sources.Routes != nil {
		if routes, err = sources.Routes(ctx); err != nil {
			return nil, err
		}
	}
	look.Version, look.routes, look.began = view.Version, routes != nil, before.At
	first := sight{before: before, after: before, servers: view.Servers, routes: routes}
	named, err := look.confirm(ctx, look.suspects(first.subjects()), view.Servers)
	if err != nil {
		return nil, err
	}
	after, err := sources.Pods(ctx)
	if err != nil {
		return nil, err
	}
	correct(view.Servers, named)
	subjects := sight{before: before, after: after, servers: view.Servers, routes: routes}.subjects()
	look.found = slices.DeleteFunc(look.suspects(subjects), func(c candidate) bool {
		_, asked := named[c.subject.Key]
		return c.rule.asks && !asked // it came to be so while we looked: too new to tell
	})
	look.count(after, len(view.Servers), subjects)
	look.witnesses, look.renamed = witnesses(subjects), map[types.UID]Key{}
	for s, key := range renamed(subjects, limits) {
		look.renamed[s.pod().UID] = key
	}
	return look, nil
}

// suspects are the servers of which a rule holds.
func (l *Look) suspects(subjects []*subject) []candidate {
	var found []candidate
	ways := rules()
	for _, s := range subjects {
		for _, r := range ways {
			if says := r.judge(s, l.limits); says != "" {
				found = append(found, candidate{rule: r, subject: s, says: says, settled: !r.passes})
				break
			}
		}
	}
	return found
}

// askFor asks the Hub by name for the servers of candidates that take it.
func (l *Look) askFor(ctx context.Context, candidates []candidate) (map[Key]answer, error) {
	keys := map[Key]bool{}
	var list []Key
	for _, c := range candidates {
		if key := c.subject.Key; c.rule.asks && !keys[key] {
			keys[key] = true
			list = append(list, key)
		}
	}
	answers := make([]answer, len(list))
	errs := l.sources.Each(ctx, len(list), func(ctx context.Context, i int) (err error) {
		answers[i].server, answers[i].known, err = l.sources.Hub.Server(ctx, list[i])
		return err
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	byKey := make(map[Key]answer, len(list))
	for i, key := range list {
		byKey[key] = answers[i]
	}
	return byKey, nil
}

// correct has what the Hub says of a server by name replace what its list said.
func correct(servers map[Key]Server, named map[Key]answer) {
	for key, answer := range named {
		if answer.known {
			servers[key] = answer.server
		} else {
			delete(servers, key)
		}
	}
}

func (l *Look) count(after Sighting, servers int, subjects []*subject) {
	l.At, l.Pods, l.Servers = after.At, len(after.Pods), servers
	for i := range after.Pods {
		l.Doubtful += yes(after.Pods[i].Doubt != "")
	}
	for _, s := range subjects {
		p := s.stays()
		switch {
		case p == nil, p.Doubt != "":
		case s.now.Sub(p.Created) <= l.limits.youngest():
			l.TooYoung += yes(!s.known)
		case !p.deleting():
			l.Judged++
			l.Known += yes(s.known)
			l.Made += yes(s.known && mayHaveMade(s.server, p.Created, l.limits.StartTimeout))
		}
	}
}

// Unsettled is how many findings may pass by themselves.
func (l *Look) Unsettled() int {
	n := 0
	for _, c := range l.found {
		n += yes(!c.settled)
	}
	return n
}

// Again looks a second time at what may have passed by itself, and drops what
// has. If that fails, nothing is dropped and nothing settled.
func (l *Look) Again(ctx context.Context) error {
	var routes map[Key]bool
	var err error
	if l.routes {
		if routes, err = l.sources.Routes(ctx); err != nil {
			return err
		}
	}
	pods, err := l.sources.Pods(ctx)
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(slices.Clone(l.found), func(c candidate) bool { return c.settled })
	named, err := l.askFor(ctx, open)
	if err != nil {
		return err
	}
	servers := map[Key]Server{}
	correct(servers, named)
	later := map[Key][]*subject{}
	for _, s := range (sight{before: pods, after: pods, servers: servers, routes: routes}).subjects() {
		later[s.Key] = append(later[s.Key], s)
	}
	l.At = pods.At
	l.found = slices.DeleteFunc(l.found, func(c candidate) bool {
		return !c.settled && c.among(later[c.subject.Key], l.limits) == nil
	})
	for i := range l.found {
		if c := &l.found[i]; !c.settled {
			c.subject = c.among(later[c.subject.Key], l.limits)
			c.says, c.settled = c.rule.judge(c.subject, l.limits), true
		}
	}
	return nil
}

// among finds in a later look the same server with the same fault, or nil.
func (c candidate) among(later []*subject, limits Limits) *subject {
	for _, s := range later {
		if c.subject.continues(s) && c.rule.judge(s, limits) != "" {
			return s
		}
	}
	return nil
}

// RoutesRead reports whether the proxy was asked.
func (l *Look) RoutesRead() bool { return l.routes }
