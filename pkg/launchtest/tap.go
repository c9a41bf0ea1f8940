package launchtest

import (
	"bufio"
	"errors"
	"io"
	"time"
)

const (
	// tapBuffer is how much of a line is passed on at once.
	tapBuffer = 32 << 10
	// MostEvent is how much of one event is read, in bytes. What is beyond is
	// dropped as it comes, so that an event of any length takes no more memory.
	MostEvent = 1 << 20
)

// tap stands between BinderHub and the parser of its stream. It passes on whole
// lines, which keeps the parser from looking at each byte again and again, drops
// what exceeds MostEvent, and tells when there was a sign of life: a line's end,
// or a good part of a long one. A server that sends a byte now and then gives
// none. It knows when what it passed on last had come.
type tap struct {
	from  *bufio.Reader
	wire  *stamped
	alive func()
	size  int    // of the event so far
	inner bool   // what came last ended within a line
	left  []byte // what is still to be passed on
	err   error
}

func newTap(from io.Reader, now func() time.Time, alive func()) *tap {
	wire := &stamped{from: from, now: now}
	return &tap{from: bufio.NewReaderSize(wire, tapBuffer), wire: wire, alive: alive}
}

// stamped notes when bytes come. Several events may come at once, and wait for
// each other while they are taken in.
type stamped struct {
	from io.Reader
	now  func() time.Time
	at   time.Time // when the last bytes came
}

func (s *stamped) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.at = s.now()
	return n, err
}

func (t *tap) Read(p []byte) (int, error) {
	for len(t.left) == 0 && t.err == nil {
		t.next()
	}
	n := copy(p, t.left)
	t.left = t.left[n:]
	if n == 0 {
		return 0, t.err
	}
	return n, nil
}

// next takes a line, or a part of one, from the source.
func (t *tap) next() {
	piece, err := t.from.ReadSlice('\n')
	whole := err == nil
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		t.err = err
	} else {
		t.alive()
	}
	blank := !t.inner && (string(piece) == "\n" || string(piece) == "\r\n")
	t.inner = !whole
	if blank {
		t.size = 0
		t.left = piece
		return
	}
	end := min(len(piece), max(0, MostEvent-t.size))
	t.size += len(piece)
	t.left = piece[:end]
	if whole && end < len(piece) {
		t.left = append(t.left[:end:end], '\n')
	}
}
