// Package hublogtest makes logs of a busy Hub, for tests and measurements.
package hublogtest

import (
	"bufio"
	"fmt"
	"io"
	"time"
)

// Busy writes the log of an ordinary busy Hub until it has so many bytes, the
// first line at begin. Stamped puts the API server's timestamps before each line.
// Nearly all of it is requests, as in a Hub's log; every hundredth launch fails.
func Busy(w io.Writer, size int64, begin time.Time, stamped bool) error {
	out := &counted{w: bufio.NewWriterSize(w, 1<<20), stamped: stamped}
	for launch := 0; out.bytes < size; launch++ {
		out.launch(launch, begin.Add(time.Duration(launch)*700*time.Millisecond))
	}
	return out.w.Flush()
}

// counted writes lines and counts their bytes. An error stays until Flush.
type counted struct {
	w       *bufio.Writer
	bytes   int64
	stamped bool
}

func (c *counted) line(at time.Time, level, where, format string, args ...any) {
	at = at.UTC()
	if c.stamped {
		c.put("%s ", at.Add(40*time.Microsecond).Format(time.RFC3339Nano))
	}
	c.put("[%s %s JupyterHub %s] ", level, at.Format("2006-01-02 15:04:05.000"), where)
	c.put(format+"\n", args...)
}

func (c *counted) put(format string, args ...any) {
	n, _ := fmt.Fprintf(c.w, format, args...)
	c.bytes += int64(n)
}

// launch writes what a launch, its server's life and everybody's questions
// meanwhile leave in the log.
func (c *counted) launch(n int, at time.Time) {
	user := fmt.Sprintf("binder-examples-requirements-%08x", n*2654435761&0xffffffff)
	c.line(at, "I", "roles:238", "Adding role user for User: %s", user)
	c.line(at, "I", "log:192", "201 POST /hub/api/users/%s (binder@10.20.3.%d) 17.89ms", user, n%250)
	c.line(at, "I", "provider:661", "Creating oauth client jupyterhub-user-%s", user)
	c.line(at, "I", "log:192", "202 POST /hub/api/users/%s/servers/ (binder@10.20.3.%d) 28.85ms", user, n%250)
	c.line(at, "I", "spawner:2999", "Attempting to create pod jupyter-%s, with timeout 3", user)
	for i := range 24 {
		c.line(at.Add(time.Duration(i)*20*time.Millisecond), "I", "log:192", "200 GET /hub/api/users/%s/activity?state=[secret]&i=%d (%s@10.20.7.%d) %d.21ms", user, i, user, i, i)
	}
	if n%100 == 99 {
		c.line(at, "W", "user:885", "%s's server failed to start in 300 seconds, giving up.", user)
		c.put("    \n    Common causes of this timeout, and debugging tips:\n    \n    1. Everything is working, but it took too long.\n")
	} else {
		c.line(at, "I", "base:987", "User %s took %d.295 seconds to start", user, 2+n%9)
		c.line(at, "I", "proxy:356", "Adding user %s to proxy /user/%s/ => http://10.21.%d.%d:8888", user, user, n%200, n%250)
	}
	c.line(at, "I", "log:192", "200 GET /hub/api/users/%s/server/progress (binder@10.20.3.%d) 3275.32ms", user, n%250)
	if n%20 == 19 {
		c.line(at, "I", "__init__:236", "Culling user %s (inactive for 00:11:02)", user)
		c.line(at, "I", "proxy:382", "Removing user %s from proxy (/user/%s/)", user, user)
		c.line(at, "I", "log:192", "204 DELETE /hub/api/users/%s (culler@127.0.0.1) 1207.47ms", user)
	}
}
