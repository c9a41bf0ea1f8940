package ui

import (
	"errors"
	"strings"
	"testing"
)

func TestFeed(t *testing.T) {
	t.Parallel()
	doc := Document[pod]{
		Columns: podColumns()[:3],
		Name:    func(p pod) string { return "pod/" + p.Name },
	}
	for format, want := range map[Format]string{
		Table: `
NAME  PHASE  RESTARTS
a     Gone          0
a-longer-one  Running        12
b             Gone            0
`,
		Name: "\npod/a\npod/a-longer-one\npod/b\n",
		JSON: `
{"name":"a","phase":"Gone","restarts":0,"node":"<none>"}
{"name":"a-longer-one","phase":"Running","restarts":12,"node":""}
{"name":"b","phase":"Gone","restarts":0,"node":"\u009b1m"}
`,
	} {
		f := newFixture(t, setup{})
		feed, err := NewFeed(f.Terminal, format, doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []pod{
			{Name: "a", Phase: "Gone", Node: "<none>"},
			{Name: "a-longer-one", Phase: "Running", Restarts: 12},
			{Name: "b", Phase: "Gone", Node: "\u009b1m"},
		} {
			if err := feed.Show([]pod{row}); err != nil {
				t.Fatal(err)
			}
		}
		equal(t, "\n"+f.out.String(), want)
	}
	for _, format := range []Format{YAML, CSV, "jsonpath={.a}"} {
		if _, err := NewFeed(newFixture(t, setup{}).Terminal, format, doc); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "--watch") {
			t.Errorf("%s: got %v, want ErrFormat", format, err)
		}
	}
}
