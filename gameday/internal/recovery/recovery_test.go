package recovery

import "testing"

// TestSessionsThatEndedAreNotToBeMended lets an incident be over although users lost
// what nobody can give them back.
func TestSessionsThatEndedAreNotToBeMended(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name              string
		ready, kept       bool
		recovered, mended bool
	}{
		{"all is well", true, true, true, true},
		{"sessions ended", true, false, false, true},
		{"nothing is mended", false, true, false, false},
	} {
		verdicts := []Verdict{{Says: "the Hub is ready", Holds: test.ready}, {Says: "users still have their sessions", Holds: test.kept, spares: true}}
		if got := Recovered(verdicts); got != test.recovered {
			t.Errorf("%s: recovered is %t", test.name, got)
		}
		if got := Mended(verdicts); got != test.mended {
			t.Errorf("%s: mended is %t", test.name, got)
		}
	}
}
