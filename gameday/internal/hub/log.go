package hub

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// The levels of log lines.
const (
	info     = 'I'
	warning  = 'W'
	failure  = 'E'
	critical = 'C'
)

// The names under which the programs of a hub pod log.
const (
	hubLogger    = "JupyterHub"
	cullerLogger = "JupyterHub.idle-culler"
)

// entry is what one call of a logger leaves in a container's log: JupyterHub's
// line, further lines indented, each as container runtimes write it.
func entry(at time.Time, level rune, logger, where, text string) string {
	var out strings.Builder
	at = at.UTC()
	stamp := at.Format("2006-01-02T15:04:05.000000000Z07:00")
	for i, line := range strings.Split(text, "\n") {
		if i == 0 {
			line = fmt.Sprintf("[%c %s %s %s] %s", level, at.Format("2006-01-02 15:04:05.000"), logger, where, line)
		} else {
			line = "    " + line
		}
		fmt.Fprintf(&out, "%s stderr F %s\n", stamp, line)
	}
	return out.String()
}

// Log is that of the hub container.
type Log struct {
	now  func() time.Time
	mu   sync.Mutex
	file *os.File
}

// OpenLog opens a log, to add to it.
func OpenLog(path string, now func() time.Time) (*Log, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the Hub's log: %w", err)
	}
	return &Log{now: now, file: file}, nil
}

// Say writes what JupyterHub says; where is the file and line that says it.
func (l *Log) Say(level rune, where, format string, args ...any) {
	l.write(entry(l.now(), level, hubLogger, where, fmt.Sprintf(format, args...)))
}

// SayAs writes what another program in the pod says.
func (l *Log) SayAs(logger string, level rune, where, format string, args ...any) {
	l.write(entry(l.now(), level, logger, where, fmt.Sprintf(format, args...)))
}

// Past writes what was said long ago.
func (l *Log) Past(entries string) { l.write(entries) }

func (l *Log) write(entries string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = io.WriteString(l.file, entries) // nobody to tell
}

// Clear begins anew, as the log of a new pod does.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.file.Truncate(0) // nobody to tell
}
