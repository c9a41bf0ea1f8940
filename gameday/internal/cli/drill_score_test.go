package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/state"
	"github.com/binderctl/binderctl/gameday/scenarios"
)

// recorded is a folder of a drill that was played, and the journal of who played it:
// testdata/drill/NAME and the scenario.
func recorded(t *testing.T, name, of string) (dir state.Dir, journal string) {
	t.Helper()
	dir = state.Dir(t.TempDir())
	content, err := scenarios.Read(of)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{dir.Scenario(): content}
	for _, path := range []string{dir.Drill(), dir.Audit(), filepath.Join(string(dir), "journal.ndjson")} {
		if files[path], err = os.ReadFile(filepath.Join("testdata", "drill", name, filepath.Base(path))); err != nil {
			t.Fatal(err)
		}
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, filepath.Join(string(dir), "journal.ndjson")
}

// call calls gameday an hour after the pager went.
func call(t *testing.T, args ...string) (out, said string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	now := time.Date(2026, 11, 21, 17, 30, 0, 0, time.UTC)
	a := &app{out: &stdout, err: &stderr, now: func() time.Time { return now }}
	root := a.newRoot()
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return stdout.String(), stderr.String(), err
}

// TestTheScoreOfADrillThatWasPlayed is that of an operator who restarted the Hub,
// cordoned a node that was well and deleted a session's pod before finding the node;
// and who went on trying things afterwards.
func TestTheScoreOfADrillThatWasPlayed(t *testing.T) {
	t.Parallel()
	dir, journal := recorded(t, "wrong-turns", "oom-proxy")
	want, err := os.ReadFile("testdata/drill/wrong-turns/score.txt")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it stays as it is
		out, _, err := call(t, "drill", "score", "--dir", string(dir), "--journal", journal)
		if err != nil {
			t.Fatal(err)
		}
		if out != string(want) {
			t.Errorf("the score is\n%s\nwant\n%s", out, want)
		}
	}
}

// TestAScoreWithoutItsJournalSaysSo instead of passing for a perfect one.
func TestAScoreWithoutItsJournalSaysSo(t *testing.T) {
	t.Parallel()
	dir, _ := recorded(t, "wrong-turns", "oom-proxy")
	out, _, err := call(t, "drill", "score", "--dir", string(dir), "--journal", "/none.ndjson")
	if err != nil || !strings.Contains(out, "of which its journal tells nothing:\n  /none.ndjson\n") {
		t.Errorf("%v: the score is\n%s", err, out)
	}
}

// TestADrillThatNeverBeganSaysHowToEndIt as nothing else can be done with it.
func TestADrillThatNeverBeganSaysHowToEndIt(t *testing.T) {
	t.Parallel()
	dir, journal := recorded(t, "wrong-turns", "oom-proxy")
	if err := os.WriteFile(dir.Drill(), []byte(`{"at":"2026-11-21T16:05:59Z","event":"watching"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"score", "--journal", journal}, {"give-up"}} {
		_, _, err := call(t, append([]string{"drill", "--dir", string(dir)}, args...)...)
		if err == nil || !strings.Contains(err.Error(), "end it with: gameday down --dir "+string(dir)) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// TestADrillWhoseGameDayEndedIsNotWaitedFor as it stays as it is.
func TestADrillWhoseGameDayEndedIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	dir, journal := recorded(t, "wrong-turns", "oom-proxy")
	log := `{"at":"2026-11-21T16:25:29Z","event":"began","scenario":"oom-proxy","server":"https://127.0.0.1:36801"}` + "\n"
	if err := os.WriteFile(dir.Drill(), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := call(t, "drill", "score", "--dir", string(dir), "--journal", journal)
	if err == nil || !strings.Contains(err.Error(), "its game day ended before it was over") {
		t.Errorf("scored: %v", err)
	}
	if out, _, err := call(t, "drill", "give-up", "--dir", string(dir)); err != nil || !strings.Contains(out, "A proxy on a node out of memory") {
		t.Errorf("%v: told was %q", err, out)
	}
}
