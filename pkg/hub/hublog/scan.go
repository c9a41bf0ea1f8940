package hublog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"time"
)

const (
	// readBytes is how much is read at once: 64 kB is a tenth slower, a megabyte no
	// faster (measured).
	readBytes = 256 << 10
	// lineBytes is how much of a line is looked at. What matters stands at its
	// beginning; the rest may be megabytes of somebody's HTML.
	lineBytes = 8 << 10
	// distinctAtMost is how many users or pods a signature tells apart.
	distinctAtMost = 4096
)

// Scan reads a log to its end. What is older than since does not count, where
// that is not zero and the log says when things were. If reading fails, the log
// as far as it was read comes with the error.
func Scan(r io.Reader, since time.Time) (*Log, error) {
	s := newScanner(since)
	err := s.read(r)
	return s.result(), err
}

// scanner is a scan under way.
type scanner struct {
	patterns []pattern
	anchors  *automaton
	scrub    scrubber
	since    time.Time

	log   Log
	found []finding // by pattern
	facts facts

	record int64  // how many began, each with the lines that belong to it
	epoch  int    // how often something started: a server, or the Hub
	first  []byte // the first time there was, unparsed
	stamp  []byte // the latest time there was, unparsed
	at     time.Time
	parsed bool // at is stamp's
}

// finding is what is kept of a signature.
type finding struct {
	Seen
	names  map[string]bool
	latest []byte // of its lines, not yet scrubbed: that costs more than all else
	epoch  int    // in which it was last
	record int64  // that it was in last
	name   string // that it had there
}

func newScanner(since time.Time) *scanner {
	patterns := known()
	s := &scanner{
		patterns: patterns, anchors: newAutomaton(patterns), scrub: newScrubber(), since: since,
		found: make([]finding, len(patterns)), log: Log{Clock: NoClock}, facts: newFacts(),
	}
	for i := range patterns {
		s.found[i].Signature = patterns[i].Signature
	}
	return s
}

func (s *scanner) read(r io.Reader) error {
	lines := bufio.NewReaderSize(r, readBytes)
	for {
		text, err := lines.ReadSlice('\n')
		s.log.Bytes += int64(len(text))
		if errors.Is(err, bufio.ErrBufferFull) {
			text = bytes.Clone(text[:lineBytes])
			err = s.passOver(lines)
		}
		if len(text) > 0 {
			s.line(bytes.TrimRight(text, "\r\n"))
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the Hub's log: %w", err)
		}
	}
}

// passOver reads on to the end of a line.
func (s *scanner) passOver(lines *bufio.Reader) error {
	for {
		rest, err := lines.ReadSlice('\n')
		s.log.Bytes += int64(len(rest))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// line takes in one line.
func (s *scanner) line(text []byte) {
	s.log.Lines++
	l := parse(text[:min(len(text), lineBytes)])
	if l.stamp != nil {
		s.time(&l)
	}
	if status, is := l.request(); is {
		s.count(status)
		return
	}
	if l.begins {
		s.record++
	}
	for matched := s.anchors.find(l.text); matched != 0; matched &= matched - 1 {
		s.match(bits.TrailingZeros64(uint64(matched)), l.text)
	}
}

// time notes when the line was. It is parsed only when it matters.
func (s *scanner) time(l *line) {
	if s.first == nil {
		s.first, s.log.Clock = bytes.Clone(l.stamp), l.clock
	}
	s.stamp = append(s.stamp[:0], l.stamp...)
	s.parsed = false
}

// now is when the line was, or the line above if it does not say.
func (s *scanner) now() time.Time {
	if !s.parsed && s.stamp != nil {
		s.at, s.parsed = timeOf(s.stamp), true
	}
	return s.at
}

func (s *scanner) count(status []byte) {
	s.log.Requests.Count++
	switch {
	case status[0] == '5':
		s.log.Requests.Failed++
	case string(status) == "429":
		s.log.Requests.Throttled++
	}
}

// match takes in a line that has a pattern's anchor.
func (s *scanner) match(i int, text []byte) {
	groups := s.patterns[i].expression.FindSubmatch(text)
	if groups == nil {
		return
	}
	at := s.now()
	if !at.IsZero() && at.Before(s.since) {
		return
	}
	told := tell(s.patterns[i].expression.SubexpNames(), groups)
	f := &s.found[i]
	if f.Count > 0 && f.record == s.record && f.name == told.who {
		return // told once already: an exception's text is in its traceback, too
	}
	f.record, f.name = s.record, told.who
	f.add(at, told)
	f.latest = append(f.latest[:0], text[:min(len(text), rawBytes)]...)
	s.facts.take(f.ID, at, told)
	if f.ID == Started || f.ID == HubStarted || f.ID == HubVersion {
		s.epoch++
	}
	f.count(s.epoch)
}

func (f *finding) add(at time.Time, told told) {
	if f.Count++; f.Count == 1 {
		f.First = at
	}
	f.Last = at
	f.Longest = max(f.Longest, told.secs)
	if told.who == "" || f.Grade == Notice || len(f.names) >= distinctAtMost {
		return
	}
	if f.names == nil {
		f.names = map[string]bool{}
	}
	f.names[told.who] = true
}

// count counts the lines of an epoch.
func (f *finding) count(epoch int) {
	if f.epoch != epoch {
		f.epoch, f.Since = epoch, 0
	}
	f.Since++
}

// told is what a line says beside what it is.
type told struct {
	who, kind string
	secs      float64
	n, max    int
}

func tell(names []string, groups [][]byte) told {
	var t told
	for i, name := range names {
		text := string(groups[i])
		switch {
		case text == "":
		case name == "who":
			t.who = text
		case name == "kind":
			t.kind = text
		case name == "secs":
			t.secs, _ = strconv.ParseFloat(text, 64) // digits, as the expression says
		case name == "n":
			t.n, _ = strconv.Atoi(text) // or something that is no number, such as an exit code
		case name == "max":
			t.max, _ = strconv.Atoi(text)
		}
	}
	return t
}

// result sums up what was found.
func (s *scanner) result() *Log {
	log := s.log
	if s.first != nil {
		log.First, log.Last = timeOf(s.first), s.now()
	}
	log.Found = []Seen{}
	for i := range s.found {
		if f := &s.found[i]; f.Count > 0 {
			if f.epoch != s.epoch {
				f.Since = 0
			}
			f.Distinct, f.Sample = len(f.names), s.scrub.clean(f.latest)
			log.Found = append(log.Found, f.Seen)
		}
	}
	slices.SortStableFunc(log.Found, func(a, b Seen) int { return a.Grade.rank() - b.Grade.rank() })
	s.facts.into(&log)
	return &log
}

func (g Grade) rank() int { return slices.Index([]Grade{Grave, Trouble, Notice}, g) }
