package drill

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// pager is when the pager went, in all tests.
func pager() time.Time { return time.Date(2018, 7, 8, 22, 48, 0, 0, time.UTC) }

const server = "https://127.0.0.1:6443"

// TestJournalTellsOneChangeOfBeginAndEnd leaves out what was done elsewhere and
// before.
func TestJournalTellsOneChangeOfBeginAndEnd(t *testing.T) {
	t.Parallel()
	const journal = `{"at":"2018-07-08T22:40:00Z","event":"begin","where":{"server":"https://127.0.0.1:6443"},"command":"binderctl pods cull","digest":"a","outcomes":[]}
{"at":"2018-07-08T22:50:00Z","event":"begin","where":{"server":"https://elsewhere"},"command":"binderctl pods cull","digest":"a","outcomes":[]}
{"at":"2018-07-08T22:51:00Z","event":"begin","where":{"server":"https://127.0.0.1:6443"},"command":"binderctl nodes cordon n1","digest":"b","outcomes":[{"object":"node/n1","result":"planned"}]}
{"at":"2018-07-08T22:51:00Z","event":"end","where":{"server":"https://127.0.0.1:6443"},"command":"binderctl nodes cordon n1","digest":"b","endedAt":"2018-07-08T22:51:02Z","outcomes":[{"object":"node/n1","result":"cordoned"}]}
{"at":"2018-07-08T22:52:00Z","event":"begin","where":{"server":"https://127.0.0.1:6443"},"command":"binderctl hub restart","digest":"c","outcomes":[{"object":"pod/hub","result":"planned"}]}
{"at":"2018-07-08T22:52:00Z","event":"en`
	changes, err := ReadJournal(strings.NewReader(journal), server, pager())
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) != 2 {
		t.Fatalf("%d changes, want 2: %+v", len(changes), changes)
	}
	cordon, restart := changes[0], changes[1]
	if cordon.Command != "nodes cordon n1" || !slices.Equal(cordon.Nodes, []string{"n1"}) || cordon.Ended.IsZero() {
		t.Errorf("the change that ended is %+v", cordon)
	}
	if restart.Command != "hub restart" || !restart.Ended.IsZero() || !slices.Equal(restart.Pods, []string{"hub"}) {
		t.Errorf("the change that has not ended is %+v", restart)
	}
	if _, err := ReadJournal(strings.NewReader("no JSON\n"), server, pager()); err == nil {
		t.Error("a journal that is none was read")
	}
}

// TestOnlyPodsThatAChangeEndsAreItsPods: of one that is over those that went, of one
// that is not those that were to go.
func TestOnlyPodsThatAChangeEndsAreItsPods(t *testing.T) {
	t.Parallel()
	const begin = `{"at":"2018-07-08T22:51:00Z","event":"begin","where":{"server":"https://127.0.0.1:6443"},"command":"binderctl nodes drain n1","digest":"a","outcomes":[{"object":"node/n1","result":"planned"},{"object":"pod/prod/moves","result":"planned","detail":"moves"},{"object":"pod/prod/refused","result":"planned","detail":"goes"},{"object":"pod/prod/stays","result":"planned","detail":"waits"}]}
`
	const end = `{"at":"2018-07-08T22:51:00Z","event":"end","where":{"server":"https://127.0.0.1:6443"},"command":"binderctl nodes drain n1","digest":"a","endedAt":"2018-07-08T22:51:02Z","outcomes":[{"object":"node/n1","result":"drained in part"},{"object":"pod/prod/moves","result":"evicted"},{"object":"pod/prod/refused","result":"blocked"},{"object":"pod/prod/stays","result":"left to finish"}]}
`
	for _, test := range []struct {
		name, journal string
		want          []string
	}{
		{"under way", begin, []string{"moves", "refused"}},
		{"over", begin + end, []string{"moves"}},
	} {
		changes, err := ReadJournal(strings.NewReader(test.journal), server, pager())
		if err != nil || len(changes) != 1 {
			t.Fatalf("%s: %d changes, %v", test.name, len(changes), err)
		}
		if !slices.Equal(changes[0].Pods, test.want) {
			t.Errorf("%s: its pods are %q, want %q", test.name, changes[0].Pods, test.want)
		}
	}
}

// TestAuditTellsEachRequestOnce also where it is logged when it begins and ends.
func TestAuditTellsEachRequestOnce(t *testing.T) {
	t.Parallel()
	const log = `{"auditID":"1","verb":"list","userAgent":"kubectl/v1","objectRef":{"resource":"pods"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2018-07-08T22:40:00.000000Z"}
{"auditID":"2","verb":"create","userAgent":"binderctl/1","objectRef":{"resource":"selfsubjectreviews"},"responseStatus":{"code":201},"requestReceivedTimestamp":"2018-07-08T22:49:00.000000Z"}
{"auditID":"3","verb":"get","userAgent":"binderctl/1","requestReceivedTimestamp":"2018-07-08T22:49:00.000000Z"}
{"auditID":"4","verb":"get","userAgent":"binderctl/1","objectRef":{"resource":"pods","subresource":"log","namespace":"prod","name":"hub-1"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2018-07-08T22:50:00.000000Z"}
{"auditID":"4","verb":"get","userAgent":"binderctl/1","objectRef":{"resource":"pods","subresource":"log","namespace":"prod","name":"hub-1"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2018-07-08T22:50:00.000000Z"}
{"auditID":"5","verb":"delete","userAgent":"kubectl/v1","objectRef":{"resource":"pods","namespace":"prod","name":"jupyter-a"},"responseStatus":{"code":403},"requestReceivedTimestamp":"2018-07-08T22:49:30.000000Z"}
`
	requests, err := ReadAudit(strings.NewReader(log), pager())
	if err != nil {
		t.Fatal(err)
	}
	want := []Request{
		{At: pager().Add(90 * time.Second), Verb: "delete", Resource: "pods", Namespace: "prod", Name: "jupyter-a", Agent: "kubectl/v1"},
		{At: pager().Add(2 * time.Minute), Verb: "get", Resource: "pods/log", Namespace: "prod", Name: "hub-1", Agent: "binderctl/1", Worked: true},
	}
	if !slices.Equal(requests, want) {
		t.Errorf("the requests are %+v, want %+v", requests, want)
	}
}
