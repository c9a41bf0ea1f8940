package hublog

import (
	"regexp"
	"strings"
)

// scrubber takes out of a line what is nobody's business: tokens, what stands
// behind the question mark of an address, and clients' addresses.
type scrubber []scrubbed

type scrubbed struct {
	secret *regexp.Regexp
	with   string
}

func newScrubber() scrubber {
	rule := func(pattern, with string) scrubbed { return scrubbed{regexp.MustCompile(pattern), with} }
	return scrubber{
		rule(`\?[^\s"'<>]+`, "?…"),
		rule(`(://)[^\s/"'@]*@`, "${1}…@"),
		rule(`(?i)((?:[\w-]*token|secret|passw\w*|api[_-]?key|cookie|authorization|xsrf|credential\w*)["']?\s*[=:]\s*)["']?(?:(?:token|bearer|basic)\s+)?[^\s"',;)]+`, "${1}…"),
		rule(`(?i)\b((?:token|bearer)\s+)[\w.~+/=-]{16,}`, "${1}…"),
		rule(`\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?`, "…"),
		rule(`\b(gh[pousr]_|github_pat_|glpat-)\w{6,}`, "${1}…"),
		rule(`\b[0-9a-f]{32,}\b`, "…"),
		rule(`(^|[^\w.:/])(?:::ffff:)?\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`, "${1}…"), // but not of a pod, after ://
		rule(`([(@])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*(\))`, "${1}…${2}"),
	}
}

const (
	sampleBytes = 300             // the most that is shown of a line
	rawBytes    = 4 * sampleBytes // the most that is kept of it until then
)

// clean returns a line fit to be shown; terminal escapes are left to whoever
// shows it.
func (s scrubber) clean(text []byte) string {
	line := strings.ToValidUTF8(string(text), "\uFFFD")
	line = strings.TrimSpace(strings.ReplaceAll(line, "\x00", ""))
	for _, rule := range s {
		line = rule.secret.ReplaceAllString(line, rule.with)
	}
	if len(line) > sampleBytes {
		line = strings.ToValidUTF8(line[:sampleBytes], "") + "…"
	}
	return line
}
