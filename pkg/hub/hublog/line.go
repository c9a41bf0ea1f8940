package hublog

import "bytes"

// line is a line of a log, taken apart.
type line struct {
	stamp  []byte // when it was, to be parsed when that matters; nil if it does not say
	clock  Clock  // whose time that is
	module []byte // of the program, such as reflector
	text   []byte // the message
	begins bool   // it is no part of the line above, as a traceback is
}

// headWithin is how far from the beginning of a line the Hub's own heading may
// stand: log collectors put words of theirs before it.
const headWithin = 512

// shortest is the length of "2026-11-20T21:04:02Z ".
const shortest = 21

// parse takes a line apart. Nothing of it is copied.
func parse(text []byte) line {
	l := line{text: text, clock: NoClock}
	if len(text) >= shortest && isDate(text) && text[10] == 'T' {
		if end := bytes.IndexByte(text[:min(len(text), 40)], ' '); end > 0 {
			l.stamp, l.clock, l.text = text[:end], ServerClock, withoutStream(text[end+1:])
		}
	}
	if !l.head() && l.stamp == nil {
		l.plainTime()
	}
	return l
}

// withoutStream drops what the container runtime's own format adds: "stderr F ".
func withoutStream(text []byte) []byte {
	if len(text) > 9 && bytes.HasPrefix(text, []byte("std")) && text[6] == ' ' && text[8] == ' ' {
		return text[9:]
	}
	return text
}

// head reads the Hub's own heading, such as
//
//	[I 2026-11-20 21:04:02.105 JupyterHub reflector:297]
//	[I 171007 18:32:27 log:122]
func (l *line) head() bool {
	text := l.text
	for from := 0; ; {
		at := bytes.IndexByte(text[from:min(len(text), headWithin)], '[')
		if at < 0 {
			return false
		}
		if head := text[from+at:]; len(head) >= 20 && isLevel(head[1]) && head[2] == ' ' && isDigit(head[3]) {
			return l.readHead(head)
		}
		from += at + 1
	}
}

// readHead reads a heading that stands at the beginning of the text.
func (l *line) readHead(text []byte) bool {
	length := len("171007 18:32:27")
	if text[7] == '-' {
		length = len("2026-11-20 21:04:02.105")
	}
	end := bytes.IndexByte(text, ']')
	if end < 3+length {
		return false
	}
	if l.stamp == nil {
		l.stamp, l.clock = text[3:3+length], HubClock
	}
	program := text[3+length : end]
	if colon := bytes.LastIndexByte(program, ':'); colon > 0 {
		l.module = program[bytes.LastIndexByte(program[:colon], ' ')+1 : colon]
	}
	l.text, l.begins = bytes.TrimPrefix(text[end+1:], []byte(" ")), true
	return true
}

// plainTime reads a time at the beginning of a line that has no heading, as other
// loggers of Python write it and as consoles show it:
//
//	2017-09-29 00:46:54,810 WARNING Retrying
//	2018-07-07 18:32:27.000 CEST
func (l *line) plainTime() {
	const length = len("2017-09-29 00:46:54")
	if len(l.text) < length || !isDate(l.text) || l.text[10] != ' ' || l.text[13] != ':' {
		return
	}
	end := length
	for end < len(l.text) && (l.text[end] == ',' || l.text[end] == '.' || isDigit(l.text[end])) {
		end++
	}
	if zone := len(bytes.TrimLeft(l.text[end:], " ABCDEGMPSTUZ")); zone == 0 {
		end = len(l.text)
	}
	l.stamp, l.clock, l.begins = l.text[:end], HubClock, true
	l.text = bytes.TrimPrefix(l.text[end:], []byte(" "))
}

// request reports whether the line tells of a request that the Hub answered, and
// with which hundred of status codes.
func (l *line) request() (status []byte, is bool) {
	if string(l.module) != "log" || len(l.text) < 4 || l.text[3] != ' ' || !isDigit(l.text[0]) {
		return nil, false
	}
	return l.text[:3], true
}

func isDate(text []byte) bool {
	return text[4] == '-' && text[7] == '-' && isDigit(text[0]) && isDigit(text[9])
}

func isLevel(b byte) bool {
	return b == 'I' || b == 'W' || b == 'E' || b == 'D' || b == 'C'
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
