package watch

import (
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// firstApart is how far the first launches of a watch are apart at most: all of
// it is seen soon, and not begun in one moment.
const firstApart = 5 * time.Second

// entry is a target and what is known of it.
type entry struct {
	target  Target
	judge   judge
	due     time.Time
	running bool
	began   time.Time
	own     *brake // for what is refused to this repository alone
	binder  *brake // for what is refused to everybody, shared by the targets of a BinderHub
	last    launchtest.Launch
}

// schedule decides which target is launched when.
type schedule struct {
	rule    Rule
	pace    Pace
	random  func() float64
	atOnce  int
	running int
	entries []*entry
}

func newSchedule(config Config, now time.Time) *schedule {
	s := &schedule{rule: config.Rule, pace: config.Pace, random: config.Random, atOnce: max(1, config.AtOnce)}
	shared := map[string]*brake{}
	for i, target := range config.Targets {
		b := shared[target.Binder]
		if b == nil {
			b = &brake{first: target.Every, most: config.Pace.MostBackoff}
			shared[target.Binder] = b
		}
		b.first = min(b.first, target.Every)
		apart := min(firstApart, target.Every/time.Duration(len(config.Targets)))
		s.entries = append(s.entries, &entry{
			target: target, judge: judge{rule: config.Rule, since: now}, due: now.Add(time.Duration(i) * apart),
			own: &brake{first: target.Every, most: config.Pace.MostBackoff}, binder: b,
		})
	}
	return s
}

// ready is when a target may be launched next.
func (s *schedule) ready(i int) time.Time {
	e := s.entries[i]
	at := e.due
	for _, b := range []*brake{e.own, e.binder} {
		if b.until.After(at) {
			at = b.until
		}
	}
	return at
}

// free reports whether nothing but time keeps a target from being launched. A
// BinderHub that has refused is asked by one target alone.
func (s *schedule) free(i int) bool {
	e := s.entries[i]
	if e.running || s.running >= s.atOnce {
		return false
	}
	if e.binder.refusals == 0 {
		return true
	}
	for _, other := range s.entries {
		if other.running && other.binder == e.binder {
			return false
		}
	}
	return true
}

// next is the target to launch now that has been due the longest.
func (s *schedule) next(now time.Time) (i int, ok bool) {
	i = -1
	for at, e := range s.entries {
		if s.free(at) && !s.ready(at).After(now) && (i < 0 || e.due.Before(s.entries[i].due)) {
			i = at
		}
	}
	return i, i >= 0
}

// wake is when there may be a target to launch, if no launch ends before.
func (s *schedule) wake() (at time.Time, ok bool) {
	for i := range s.entries {
		if s.free(i) && (!ok || s.ready(i).Before(at)) {
			at, ok = s.ready(i), true
		}
	}
	return at, ok
}

// begin notes that a launch of a target begins. The next is due from then on; one
// that takes longer than that is followed by the next at once, and never by two.
func (s *schedule) begin(i int, now time.Time) {
	e := s.entries[i]
	e.running, e.began = true, now
	e.due = now.Add(s.pace.spread(e.target.Every, s.random()))
	s.running++
}

// end takes in a launch of a target, and returns what is to be told.
func (s *schedule) end(i int, now time.Time, launch launchtest.Launch) (news []Event) {
	e := s.entries[i]
	e.running = false
	s.running--
	if launch.Result == launchtest.Stopped {
		return nil
	}
	e.last = launch
	if launch.Result == launchtest.Refused {
		return s.hold(e, now)
	}
	for _, b := range []*brake{e.own, e.binder} {
		told := !b.told.IsZero()
		if !b.admitted(e.began) {
			continue
		}
		if told {
			news = append(news, Admitted)
		}
		if b == e.binder {
			s.release(b, now)
		}
	}
	if event := e.judge.note(now, launch.Result); event != "" {
		news = append(news, event)
	}
	return news
}

// hold sets the brake after a launch was refused. People are told when as many
// were in a row as would be a failure.
func (s *schedule) hold(e *entry, now time.Time) []Event {
	b := e.binder
	var asked time.Duration
	if f := e.last.Failure; f != nil {
		asked = f.RetryAfter
		if f.Cause == launchtest.RepoQuota { // others may be launched
			b = e.own
		}
	}
	b.refused(e.began, now, asked, s.pace, s.random())
	if b.told.IsZero() && b.refusals >= s.rule.Fail {
		b.told = now
		return []Event{Refuses}
	}
	return nil
}

// release lets the targets that a brake has held back come one after the other.
func (s *schedule) release(b *brake, now time.Time) {
	for _, e := range s.entries {
		if e.binder == b && !e.running && e.due.Before(now) {
			e.due = now.Add(time.Duration(float64(e.target.Every) * s.random()))
		}
	}
}

// remind returns what people are to be told again of a target.
func (s *schedule) remind(i int, now time.Time) (event Event, due bool) {
	e := s.entries[i]
	if e.judge.remind(now) {
		return Fails, true
	}
	for _, b := range []*brake{e.own, e.binder} {
		if !b.told.IsZero() && s.rule.Remind > 0 && now.Sub(b.told) >= s.rule.Remind && e.last.Result == launchtest.Refused {
			b.told = now
			return Refuses, true
		}
	}
	return "", false
}

// braking is the brake that holds a target back, or nil.
func (e *entry) braking() *brake {
	switch {
	case e.binder.refusals > 0:
		return e.binder
	case e.own.refusals > 0:
		return e.own
	default:
		return nil
	}
}

// state is what is known of a target. One that fails does so until launches are
// well again: that they are refused since is no all-clear.
func (s *schedule) state(i int) State {
	e := s.entries[i]
	if e.braking() != nil && !e.judge.failing {
		return Refused
	}
	return e.judge.state()
}

// since is when a target came to be as it is.
func (s *schedule) since(i int) time.Time {
	e := s.entries[i]
	if b := e.braking(); b != nil && !e.judge.failing {
		return b.since
	}
	return e.judge.since
}

func (s *schedule) refusals(i int) int {
	if b := s.entries[i].braking(); b != nil {
		return b.refusals
	}
	return 0
}
