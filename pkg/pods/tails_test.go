package pods

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/binderctl/binderctl/pkg/cluster"
)

// logServer answers requests for logs. Pods whose names begin with "sick" are on
// a node whose kubelet never answers; and it is too busy for the first request.
type logServer struct {
	busy  bool
	asked atomic.Int64
}

func (s *logServer) RoundTrip(r *http.Request) (*http.Response, error) {
	reply := func(code int, text string) (*http.Response, error) {
		return &http.Response{
			StatusCode: code, Header: http.Header{"Retry-After": {"1"}}, Body: io.NopCloser(strings.NewReader(text)), Request: r,
		}, nil
	}
	switch {
	case s.asked.Add(1) == 1 && s.busy:
		return reply(http.StatusTooManyRequests, "")
	case strings.Contains(r.URL.Path, "/sick-"):
		<-r.Context().Done()
		return nil, r.Context().Err()
	default:
		return reply(http.StatusOK, "last words\n")
	}
}

// logsOf are logs to be read of as many pods of a node, and where they go.
func logsOf(node string, n int) (list []tail, logs []Log) {
	logs = make([]Log, n)
	for i := range logs {
		logs[i] = noLog()
		list = append(list, tail{namespace: "prod", pod: fmt.Sprintf("%s-%d", node, i), node: node, container: "main", into: &logs[i]})
	}
	return list, logs
}

// A kubelet that never answers holds up nobody else's logs, and is waited for
// once.
func TestLogsBesideASickNode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kube, err := kubernetes.NewForConfigAndClient(&rest.Config{Host: "https://api.example.org", QPS: -1}, &http.Client{Transport: &logServer{}})
		if err != nil {
			t.Fatal(err)
		}
		sick, noLogs := logsOf("sick", 40)
		well, logs := logsOf("well", 20)
		began := time.Now()
		err = readTails(t.Context(), &cluster.Client{Kube: kube, Now: time.Now}, append(sick, well...), 1, newRedactor())
		if took := time.Since(began); took > logPatience+time.Second {
			t.Errorf("took %s, want %s", took, logPatience)
		}
		if err == nil || !strings.Contains(err.Error(), "sick") || strings.Contains(err.Error(), "well") {
			t.Errorf("error %v, want one that names the node", err)
		}
		for i, log := range noLogs {
			if log.Note != "the node does not answer" {
				t.Errorf("log %d of the sick node: %+v", i, log)
			}
		}
		for i, log := range logs {
			if len(log.Lines) != 1 {
				t.Errorf("log %d of the other node: %+v", i, log)
			}
		}
	})
}

// A server that is too busy is asked again when it says so.
func TestLogsOfABusyServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kube, err := kubernetes.NewForConfigAndClient(&rest.Config{Host: "https://api.example.org", QPS: -1}, &http.Client{Transport: &logServer{busy: true}})
		if err != nil {
			t.Fatal(err)
		}
		list, logs := logsOf("well", 1)
		if err := readTails(t.Context(), &cluster.Client{Kube: kube, Now: time.Now}, list, 1, newRedactor()); err != nil || len(logs[0].Lines) != 1 {
			t.Errorf("log %+v, error %v", logs[0], err)
		}
	})
}
