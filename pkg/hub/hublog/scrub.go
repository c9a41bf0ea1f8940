package hublog

import (
	"net/netip"
	"regexp"
	"strings"
)

// scrubber takes out of a line what is nobody's business: tokens, what stands
// behind the question mark of an address, and clients' addresses.
type scrubber []scrubbed

type scrubbed struct {
	secret *regexp.Regexp
	with   string
	hide   func(string) string // in place of with, if it takes more than a pattern
}

func newScrubber() scrubber {
	rule := func(pattern, with string) scrubbed { return scrubbed{secret: regexp.MustCompile(pattern), with: with} }
	return scrubber{
		rule(`\?[^\s"'<>]+`, "?…"),
		rule(`(://)[^\s/"'@]*@`, "${1}…@"),
		rule(`(?i)(session-id["']?\s*[=:]\s*)["']?[^\s"',;)]+`, "${1}…"),
		rule(`(?i)((?:[\w-]*token|secret|passw\w*|api[_-]?key|cookie|authorization|xsrf|credential\w*)["']?\s*[=:]\s*)["']?(?:(?:token|bearer|basic)\s+)?[^\s"',;)]+`, "${1}…"),
		rule(`(?i)\b((?:\w*token|bearer)\s+)[\w.~+/=-]{16,}`, "${1}…"),
		rule(`\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?`, "…"),
		rule(`\b(gh[pousr]_|github_pat_|glpat-)\w{6,}`, "${1}…"),
		rule(`\b[0-9a-f]{32,}\b`, "…"),
		{secret: regexp.MustCompile(`(?:://\[?)?(?:\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|::[0-9A-Fa-f:.]+\b)`), hide: hidden},
	}
}

// hidden hides what looks like an address if it is one. Only that of a pod, or of
// the Hub itself, stays where a URL names it.
func hidden(text string) string {
	candidate := strings.TrimPrefix(strings.TrimPrefix(text, "://"), "[")
	before := strings.TrimSuffix(text, candidate)
	address, err := netip.ParseAddr(candidate)
	after := ""
	if err != nil { // the end of a sentence, or a port
		short := strings.TrimRight(candidate, ":.")
		after = strings.TrimPrefix(candidate, short)
		if address, err = netip.ParseAddr(short); err != nil {
			return text
		}
	}
	own := address.Unmap()
	if before != "" && (own.IsPrivate() || own.IsLoopback() || own.IsUnspecified()) {
		return text
	}
	return before + "…" + after
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
		if rule.hide != nil {
			line = rule.secret.ReplaceAllStringFunc(line, rule.hide)
			continue
		}
		line = rule.secret.ReplaceAllString(line, rule.with)
	}
	if len(line) > sampleBytes {
		line = strings.ToValidUTF8(line[:sampleBytes], "") + "…"
	}
	return line
}
