package ui

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
)

// benchPod is about as big as a row of a real list.
type benchPod struct {
	Name      string    `json:"name"`
	Namespace string    `json:"namespace"`
	Kind      string    `json:"kind"`
	Repo      string    `json:"repo"`
	Provider  string    `json:"provider"`
	Ref       string    `json:"ref"`
	Image     string    `json:"image"`
	Phase     string    `json:"phase"`
	Ready     bool      `json:"ready"`
	Restarts  int       `json:"restarts"`
	Created   time.Time `json:"created"`
	Age       int       `json:"ageSeconds"`
	Node      string    `json:"node"`
	IP        string    `json:"ip"`
	UID       string    `json:"uid"`
}

func benchPods(n int) []benchPod {
	pods := make([]benchPod, n)
	for i := range pods {
		pods[i] = benchPod{
			Name:      fmt.Sprintf("jupyter-binder-2dexamples-2drequirements-2d%08x", i*7919),
			Namespace: "prod",
			Kind:      "server",
			Repo:      "binder-examples/requirements",
			Provider:  "GitHub",
			Ref:       "0123456789abcdef0123456789abcdef01234567",
			Image:     "gcr.io/binder-prod/r2d-fd74043binder-2dexamples-2drequirements-55ab5c:0123456789ab",
			Phase:     "Running",
			Ready:     true,
			Restarts:  i % 3,
			Created:   epoch.Add(-time.Duration(i) * time.Second),
			Age:       i,
			Node:      fmt.Sprintf("gke-prod-user-202-%04d", i%200),
			IP:        "10.12.3.4",
			UID:       fmt.Sprintf("7f3c1c9e-5a0c-4c5e-9d5e-%012x", i),
		}
	}
	return pods
}

func benchColumns() []Column[benchPod] {
	return []Column[benchPod]{
		{Header: "NAME", Value: func(p benchPod) string { return p.Name }},
		{Header: "KIND", Value: func(p benchPod) string { return p.Kind }},
		{Header: "REPO", Value: func(p benchPod) string { return p.Repo }},
		{Header: "PHASE", Value: func(p benchPod) string { return p.Phase }},
		{Header: "READY", Value: func(p benchPod) string { return strconv.FormatBool(p.Ready) }},
		{Header: "RESTARTS", Value: func(p benchPod) string { return strconv.Itoa(p.Restarts) }, Right: true},
		{Header: "AGE", Value: func(p benchPod) string { return Age(time.Duration(p.Age) * time.Second) }},
		{Header: "NODE", Value: func(p benchPod) string { return p.Node }},
		{Header: "IP", Value: func(p benchPod) string { return p.IP }},
	}
}

// BenchmarkPrint prints 20,000 rows in each format.
func BenchmarkPrint(b *testing.B) {
	doc := Document[benchPod]{
		Columns: benchColumns(),
		Rows:    benchPods(20_000),
		Name:    func(p benchPod) string { return "pod/" + p.Name },
	}
	for _, format := range []Format{Table, CSV, Name, JSON, YAML, "jsonpath={.items[*].name}"} {
		b.Run(strings.ReplaceAll(string(format), "=", " "), func(b *testing.B) {
			term := NewTerminal(Streams{Out: io.Discard, Err: io.Discard})
			b.ReportAllocs()
			for b.Loop() {
				if err := Print(term, format, doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWholeJSON is what row by row is compared with: one document.
func BenchmarkWholeJSON(b *testing.B) {
	term := NewTerminal(Streams{Out: io.Discard, Err: io.Discard})
	doc := Document[benchPod]{Doc: map[string]any{"items": benchPods(20_000)}}
	b.ReportAllocs()
	for b.Loop() {
		if err := Print(term, JSON, doc); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkColoredTable paints two columns of each row.
func BenchmarkColoredTable(b *testing.B) {
	term := NewTerminal(Streams{Out: io.Discard, Err: io.Discard})
	term.Configure(Options{Color: ColorAlways})
	columns := benchColumns()
	columns[3].Role = func(benchPod) Role { return Good }
	columns[5].Role = func(benchPod) Role { return Warn }
	doc := Document[benchPod]{Columns: columns, Rows: benchPods(20_000)}
	b.ReportAllocs()
	for b.Loop() {
		if err := Print(term, Table, doc); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTablewriter lays the same rows out with tablewriter, for comparison
// with the table of BenchmarkPrint.
func BenchmarkTablewriter(b *testing.B) {
	columns, rows := benchColumns(), benchPods(20_000)
	b.ReportAllocs()
	for b.Loop() {
		var cells []cell
		for _, c := range columns {
			cells = append(cells, newCell(c.Header, Header))
		}
		for _, row := range rows {
			for _, c := range columns {
				cells = append(cells, newCell(c.Value(row), Plain))
			}
		}
		w := output{bufio.NewWriter(io.Discard)}
		if err := writeWrapped(w, target{}, columns, cells, naturalWidths(cells, len(columns))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkClean(b *testing.B) {
	for name, text := range map[string]string{
		"clean":   strings.Repeat("jupyter-binder-examples ", 4),
		"escapes": strings.Repeat("\x1b[31mred\x1b[0m é ", 8),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Clean(text)
			}
		})
	}
}

// TestLongListSize keeps the figures of the benchmarks honest as to how much
// JSON they write.
func TestLongListSize(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	term := NewTerminal(Streams{Out: &out, Err: io.Discard})
	if err := Print(term, JSON, Document[benchPod]{Rows: benchPods(2_000)}); err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []benchPod }
	if err := json.Unmarshal(out.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 2_000 || list.Items[1_999] != benchPods(2_000)[1_999] {
		t.Errorf("got %d items, the last %+v", len(list.Items), list.Items[len(list.Items)-1])
	}
}
