package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// keepalive is how often a stream of progress has an empty line.
const keepalive = 8 * time.Second

// progress is a stream of events, until a spawn is over.
func (l *life) progress(w http.ResponseWriter, r *http.Request) (int, any, error) {
	l.mu.Lock()
	u, err := l.find(r)
	if err != nil {
		l.mu.Unlock()
		return 0, nil, err
	}
	ready, spawn, pod := u.ready, u.spawn, l.config.podName(u.Name)
	l.mu.Unlock()
	if !ready && spawn == nil {
		return 0, nil, refuse(http.StatusBadRequest, "%s is not starting...", u.Name)
	}
	stream := newStream(w)
	if ready {
		l.log.Say(info, "users:854", "Server %s is already started", u.Name)
		stream.send(readyEvent(u.Name))
		return streamed, nil, nil
	}
	stream.send(map[string]any{"progress": 0, "message": "Server requested"})
	stream.send(map[string]any{"progress": 50, "message": "Spawning server..."})
	if !l.awaitSpawn(r, stream, spawn, pod) {
		return streamed, nil, nil
	}
	l.mu.Lock()
	ready, failed := u.ready, spawn.failed
	l.mu.Unlock()
	switch {
	case ready:
		l.log.Say(info, "users:899", "Server %s is ready", u.Name)
		stream.send(readyEvent(u.Name))
	case failed == "":
		l.log.Say(warning, "users:914", "Server %s didn't start for unknown reason", u.Name)
		failed = "Spawn failed"
		fallthrough
	default:
		stream.send(map[string]any{"progress": 100, "failed": true, "message": failed})
	}
	return streamed, nil, nil
}

// awaitSpawn keeps a stream alive until a spawn is over, and tells what is
// reported of its pod.
func (l *life) awaitSpawn(r *http.Request, stream *stream, spawn *spawn, pod string) bool {
	reports, done := l.reports(r.Context(), pod)
	defer done()
	told := reporter{stream: stream, since: spawn.began}
	tick := time.NewTicker(keepalive)
	defer tick.Stop()
	for {
		select {
		case report, open := <-reports:
			if !open {
				reports = nil
				continue
			}
			told.tell(report)
		case <-spawn.over:
			told.rest(reports)
			return l.ctx.Err() == nil
		case <-tick.C:
			stream.write([]byte("\n\n"))
		case <-l.ctx.Done():
			return false
		case <-r.Context().Done():
			return false
		}
	}
}

func readyEvent(user string) map[string]any {
	at := routePath(user)
	return map[string]any{
		"progress": 100, "ready": true, "url": at,
		"message": "Server ready at " + at, "html_message": fmt.Sprintf(`Server ready at <a href="%s">%[1]s</a>`, at),
	}
}

// stream is an answer of events.
type stream struct {
	to http.ResponseWriter
}

func newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	return &stream{to: w}
}

func (s *stream) send(event map[string]any) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(event) // a map of what JSON knows
	s.write(append([]byte("data: "), append(bytes.TrimSpace(text.Bytes()), "\n\n"...)...))
}

func (s *stream) write(bytes []byte) {
	_, _ = s.to.Write(bytes) // who hung up does not want it
	_ = http.NewResponseController(s.to).Flush()
}
