package hublog

import (
	"strings"
	"time"
)

// timeOf reads the time that a line gives. The Hub's own clock has no zone and is
// taken to be UTC, as it is in a container; consoles add a zone.
func timeOf(stamp []byte) time.Time {
	text := strings.Replace(string(stamp), ",", ".", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "060102 15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	if cut := strings.LastIndexByte(text, ' '); cut > 0 {
		if at, err := time.Parse("2006-01-02 15:04:05.999999999", text[:cut]); err == nil {
			return at.Add(-offset(text[cut+1:])).UTC()
		}
	}
	return time.Time{}
}

// offset is how far a zone is ahead of UTC. Names of zones are ambiguous; these
// are the ones by which BinderHub's people have written their reports.
func offset(zone string) time.Duration {
	switch zone {
	case "CET", "BST":
		return time.Hour
	case "CEST":
		return 2 * time.Hour
	case "EST":
		return -5 * time.Hour
	case "EDT":
		return -4 * time.Hour
	case "PST":
		return -8 * time.Hour
	case "PDT":
		return -7 * time.Hour
	default:
		return 0
	}
}
