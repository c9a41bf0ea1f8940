package binder

import "testing"

// The lines on the right are BinderHub's, as they were recorded.
func TestEventsAreWrittenAsPythonWritesThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		made event
		want string
	}{
		{say("waiting", "Waiting for build to start...\n"), `{"phase": "waiting", "message": "Waiting for build to start...\n"}`},
		{event{{"phase", "failed"}}, `{"phase": "failed"}`},
		{fail(400, "Missing Accept header: text/event-stream\n"), `{"phase": "failed", "status_code": 400, "message": "Missing Accept header: text/event-stream\n"}`},
		{fail(0, "No provider found for prefix nope\n"), `{"phase": "failed", "message": "No provider found for prefix nope\n"}`},
		{
			fail(0, "Spec is not of the form \"user/repo/ref\", provided: \"onlyuser\".\n"),
			`{"phase": "failed", "message": "Spec is not of the form \"user/repo/ref\", provided: \"onlyuser\".\n"}`,
		},
		{
			event{{"phase", "built"}, {"imageName", "reg.example/i-rick:1a2b"}, {"message", "Found built image, launching...\n"}},
			`{"phase": "built", "imageName": "reg.example/i-rick:1a2b", "message": "Found built image, launching...\n"}`,
		},
		{event{{"message", "é\t\x1b[0m😀\\"}}, `{"message": "\u00e9\t\u001b[0m\ud83d\ude00\\"}`},
		{say("building", "x").capitalised(), `{"phase": "Building", "message": "x"}`},
	} {
		if got := test.made.String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
