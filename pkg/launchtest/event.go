package launchtest

// Event is one event of BinderHub's stream, as far as it is used. The phase is
// in lower case; "" if the event has none, as many lines of a build's log.
type Event struct {
	Phase   string
	Message string
	Code    int    // status_code, or 0
	Image   string // imageName or image
	User    string // from the URL of the server, of the last event
	URL     string // of the server, of the last event
	Token   string // of the server, of the last event; never shown
	Request string // binder_request, of the last event
}

// Ends reports whether it is the last event that means anything: BinderHub does
// not always end the stream by itself.
func (e Event) Ends() bool {
	return e.Phase == "ready" || e.Phase == "failed" || e.Phase == "failure"
}
