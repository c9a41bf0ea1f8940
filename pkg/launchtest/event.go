package launchtest

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
)

// Event is one event of BinderHub's stream, as far as it is used. The phase is
// in lower case; "" if the event has none, as many lines of a build's log.
type Event struct {
	Phase   string
	Message string // without the line end
	Code    int    // status_code, or 0
	Image   string // imageName or image
	URL     string // of the server, of the last event
	Token   string // of the server, of the last event; never shown
}

// Ends reports whether it is the last event that means anything: BinderHub does
// not always end the stream by itself, after a failed build never. When a build
// fails its own last words come first; BinderHub's event, which follows, has none.
func (e Event) Ends() bool { return e.Phase == "ready" || e.Failed() }

// Failed reports whether it tells of a failure.
func (e Event) Failed() bool { return e.Phase == "failed" || e.Phase == "failure" }

// rawEvent has the names that BinderHub gives.
type rawEvent struct {
	Phase     string `json:"phase"`
	Message   string `json:"message"`
	Code      int    `json:"status_code"`
	ImageName string `json:"imageName"`
	Image     string `json:"image"`
	URL       string `json:"url"`
	Token     string `json:"token"`
}

// parseEvent reads an event's data. What is no JSON, or was cut because it was
// too long, is a line of a log; of what was cut the fields before the cut count.
func parseEvent(data string) Event {
	var raw rawEvent
	if err := json.Unmarshal([]byte(data), &raw); err != nil {
		if _, odd := errors.AsType[*json.UnmarshalTypeError](err); !odd { // the other fields are filled in
			return parseCut(data)
		}
	}
	image := raw.ImageName
	if image == "" {
		image = raw.Image
	}
	return Event{
		Phase: strings.ToLower(raw.Phase), Message: strings.TrimRight(raw.Message, "\r\n"),
		Code: raw.Code, Image: image, URL: raw.URL, Token: raw.Token,
	}
}

// keptOfCut is how much is kept of a line that is no JSON.
const keptOfCut = 500

// parseCut reads the beginning of an event that has no end.
func parseCut(data string) Event {
	event := Event{Phase: "unknown", Message: strings.ToValidUTF8(data[:min(len(data), keptOfCut)], "")}
	decoder := json.NewDecoder(strings.NewReader(data))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return event
	}
	for {
		name, err := decoder.Token()
		if err != nil {
			return event
		}
		value, err := decoder.Token()
		if text, ok := value.(string); ok && err == nil && name == "phase" {
			event.Phase = strings.ToLower(text)
		} else if err != nil || !ok {
			return event
		}
	}
}

// userOf finds a temporary user's name in a path or a URL: "/user/NAME/".
func userOf(text string) string {
	_, rest, found := strings.Cut(text, "/user/")
	if !found {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	return strings.TrimSpace(name)
}
