package hub

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/hubdb"
)

// pastSpan is how much of the past a log holds at least.
const pastSpan = 2 * time.Hour

// The intervals at which the log of the past has this or that.
const (
	pastLaunches = 40 * time.Second
	pastStale    = 13 * time.Minute
)

// past is a log that is made up.
type past struct {
	*life
	random *rand.Rand
	lines  []pastLine
}

type pastLine struct {
	at   time.Time
	text string
}

// writeHistory makes up the log from before the game day, out of what the
// scenario says has gone wrong, and of what a Hub always says.
func (l *life) writeHistory() {
	now := l.now()
	p := &past{life: l, random: rand.New(rand.NewPCG(l.config.Seed, 1))}
	from := now.Add(-pastSpan)
	died := l.faultSince(ReflectorDead)
	if !died.IsZero() && died.Before(from) {
		from = died.Add(-pastSpan / 4)
	}
	p.wellUntil(from, now, died)
	if !died.IsZero() {
		p.reflectorDied(died)
		p.blindUntil(died, now)
	}
	for _, failed := range l.config.History {
		p.failedLaunch(failed, now)
	}
	p.culling(from, now)
	slices.SortStableFunc(p.lines, func(a, b pastLine) int { return a.at.Compare(b.at) })
	var all strings.Builder
	for _, line := range p.lines {
		all.WriteString(line.text)
	}
	l.log.Past(all.String())
	l.metrics.started.Set(float64(l.body.since.Unix()))
	l.countPast()
}

func (p *past) say(at time.Time, level rune, where, format string, args ...any) {
	p.sayAs(at, hubLogger, level, where, format, args...)
}

func (p *past) sayAs(at time.Time, logger string, level rune, where, format string, args ...any) {
	p.lines = append(p.lines, pastLine{at, entry(at, level, logger, where, fmt.Sprintf(format, args...))})
}

// countPast has the metrics know of what went wrong before.
func (l *life) countPast() {
	for range l.config.History {
		l.metrics.spawns.WithLabelValues("failure").Observe(l.config.StartTimeout.Seconds())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = len(l.config.History)
	for _, u := range l.users {
		if u.Server != nil && u.Server.Pending == "" {
			l.metrics.spawns.WithLabelValues("success").Observe(6)
		}
	}
}

// somebody is a user who was there once.
func (p *past) somebody() (name string, options map[string]any) {
	repo := p.config.Repos[p.random.IntN(len(p.config.Repos))]
	return binderhub.UserName(repo, p.random), binderhub.Options(repo, p.random)
}

// wellUntil are launches that went well and users who left, for as long as the
// Hub saw its pods.
func (p *past) wellUntil(from, now, died time.Time) {
	if len(p.config.Repos) == 0 {
		return
	}
	until := now
	if !died.IsZero() {
		until = died
	}
	for at := from; at.Before(until.Add(-time.Minute)); at = p.after(at, pastLaunches) {
		user, _ := p.somebody()
		p.launch(at, user)
		p.started(at, user)
	}
	for at := from; at.Before(until.Add(-time.Minute)); at = p.after(at, 2*pastLaunches) {
		user, _ := p.somebody()
		p.say(at, warning, "base:1306", "User %s server stopped, with exit code: 0", user)
		p.say(at, info, "proxy:356", "Removing user %s from proxy (/user/%[1]s/)", user)
	}
}

func (p *past) after(at time.Time, every time.Duration) time.Time {
	return at.Add(every/2 + time.Duration(p.random.Int64N(int64(every))))
}

// launch is how every launch begins.
func (p *past) launch(at time.Time, user string) {
	ms := func(n int) time.Time { return at.Add(time.Duration(n) * time.Millisecond) }
	p.say(at, info, "roles:281", "Adding role user for User: %s", user)
	p.say(ms(7), info, "log:192", "201 POST /hub/api/users/%s (binder@::ffff:10.12.0.9) %.2fms", user, 5+10*p.random.Float64())
	p.say(ms(26), info, "provider:661", "Creating oauth client jupyterhub-user-%s", user)
	p.say(ms(38), info, "log:192", "202 POST /hub/api/users/%s/servers/ (binder@::ffff:10.12.0.9) %.2fms", user, 15+15*p.random.Float64())
	p.say(ms(41), info, "spawner:2891", "Attempting to create pod %s, with timeout 3", p.config.podName(user))
}

// started is how a good one goes on.
func (p *past) started(at time.Time, user string) {
	took := 2 + 8*p.random.Float64()
	end := at.Add(time.Duration(took * float64(time.Second)))
	p.say(end, info, "base:1126", "User %s took %.3f seconds to start", user, took)
	p.say(end, info, "proxy:331", "Adding user %s to proxy /user/%[1]s/ => http://10.12.%d.%d:8888", user, p.random.IntN(64), p.random.IntN(256))
	p.say(end, info, "users:899", "Server %s is ready", user)
	p.say(end, info, "log:192", "200 GET /hub/api/users/%s/server/progress (binder@::ffff:10.12.0.9) %.2fms", user, took*1000)
}

// failedLaunch is one whose pod never was seen to run.
func (p *past) failedLaunch(failed Failed, now time.Time) {
	p.launch(failed.At, failed.User)
	end := failed.At.Add(p.config.StartTimeout)
	if end.After(now) {
		return
	}
	p.say(end, warning, "user:996", "%s's server failed to start in %d seconds, giving up.\n%s",
		failed.User, int(p.config.StartTimeout.Seconds()), startTimeoutAdvice)
	p.say(end.Add(time.Millisecond), info, "log:192", "200 GET /hub/api/users/%s/server/progress (binder@::ffff:10.12.0.9) %.2fms",
		failed.User, p.config.StartTimeout.Seconds()*1000+10*p.random.Float64())
}

// reflectorDied is what the reflectors of pods and of events say as they lose
// the API server and give up, 51 seconds later.
func (p *past) reflectorDied(at time.Time) {
	refused := "Traceback (most recent call last):\naiohttp.client_exceptions.ClientConnectorError: Cannot connect to host 10.96.0.1:443 ssl:True [Connect call failed ('10.96.0.1', 443)]\n"
	for i := range givingUpLines {
		at := at.Add(time.Duration(i) * 5 * time.Second)
		for delay := firstDelay; delay <= longestDelay; delay *= 2 {
			p.say(at, failure, "reflector:383", "Error when watching resources, retrying in %ss\n%s", seconds(delay), refused)
			at = at.Add(delay + 35*time.Millisecond)
		}
		p.say(at, failure, "reflector:379", "Watching resources never recovered, giving up\n%s", refused)
	}
}

// blindUntil are the stops that a blind Hub tries: of pods that went long ago,
// and which it waits for all the same.
func (p *past) blindUntil(died, now time.Time) {
	if len(p.config.Repos) == 0 {
		return
	}
	for at := p.after(died.Add(10*time.Minute), pastStale); at.Before(now); at = p.after(at, pastStale) {
		user, _ := p.somebody()
		pod := p.config.podKey(p.config.podName(user))
		p.say(at, info, "proxy:356", "Removing user %s from proxy (/user/%[1]s/)", user)
		p.say(at, info, "spawner:3282", "Deleting pod %s", pod)
		p.say(at, warning, "spawner:3298", "No pod %s to delete. Assuming already deleted.", pod)
		p.say(at.Add(10*time.Second), warning, "base:1397", "User %s: server is slow to stop (timeout=10)", user)
		if end := at.Add(p.config.StartTimeout); end.Before(now) {
			p.say(end, failure, "spawner:3370", "Pod %s did not disappear, restarting pod reflector", pod)
			p.metrics.stops.WithLabelValues("failure").Observe(p.config.StartTimeout.Seconds())
		}
	}
}

// culling is what the idle culler says every few minutes, above all about the
// servers that stop for ever.
func (p *past) culling(from, now time.Time) {
	if p.config.Cull.Every <= 0 {
		return
	}
	for at := now.Add(-p.config.Cull.Every / 3); at.After(from); at = at.Add(-p.config.Cull.Every) {
		p.say(at, info, "log:192", "200 GET /hub/api/users?state=[secret] (jupyterhub-idle-culler@::ffff:127.0.0.1) %.2fms", 10+30*p.random.Float64())
		p.stuckAt(at)
		if p.config.Cull.Awake && len(p.config.Repos) > 0 {
			user, _ := p.somebody()
			p.cullAt(at, user)
		}
	}
}

func (p *past) cullAt(at time.Time, user string) {
	p.sayAs(at, cullerLogger, info, "__init__:255", "Culling server %s (inactive for 00:%02d:%02d)", user, 10+p.random.IntN(8), p.random.IntN(60))
	p.say(at, info, "proxy:356", "Removing user %s from proxy (/user/%[1]s/)", user)
	p.say(at, info, "spawner:3282", "Deleting pod %s", p.config.podKey(p.config.podName(user)))
	took := 1 + 2*p.random.Float64()
	end := at.Add(time.Duration(took * float64(time.Second)))
	p.say(end, info, "base:1365", "User %s server took %.3f seconds to stop", user, took)
	p.say(end, info, "log:192", "204 DELETE /hub/api/users/%s/server (jupyterhub-idle-culler@::ffff:127.0.0.1) %.2fms", user, took*1000)
}

// stuckAt is what becomes of the culler's attempts on servers that are stuck.
func (p *past) stuckAt(at time.Time) {
	stuck := func(u *hubdb.User) bool { return u.Server != nil && u.Server.Stuck && u.Server.Since.Before(at) }
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range p.content.Users {
		if !stuck(u) {
			continue
		}
		p.sayAs(at, cullerLogger, warning, "__init__:220", "Not culling server %s with pending %s", u.Name, u.Server.Pending)
		if u.Server.Pending == pendingStop && p.config.Cull.Users {
			message := u.Name + "'s server is in the process of stopping, please wait."
			p.say(at, warning, "web:1873", "400 DELETE /hub/api/users/%s (::ffff:127.0.0.1): %s", u.Name, message)
			p.say(at, warning, "log:192", "400 DELETE /hub/api/users/%s (jupyterhub-idle-culler@::ffff:127.0.0.1) %.2fms", u.Name, cmp.Or(p.random.Float64(), 1)*4)
		}
	}
}

// dying is how long reflectors take to give up.
const dying = 57 * time.Second

// sayReflectorDied is the log of a reflector that has just died.
func (l *life) sayReflectorDied() {
	p := &past{life: l, random: rand.New(rand.NewPCG(l.config.Seed, 2))}
	p.reflectorDied(l.now().Add(-dying))
	slices.SortStableFunc(p.lines, func(a, b pastLine) int { return a.at.Compare(b.at) })
	for _, line := range p.lines {
		l.log.Past(line.text)
	}
}
