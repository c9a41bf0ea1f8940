package ui

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v2"
)

func itoa(n int) string { return strconv.Itoa(n) }

type head struct {
	Namespace string         `json:"namespace"`
	Limits    map[string]int `json:"limits"`
}

func TestPrint(t *testing.T) {
	t.Parallel()
	list := Document[pod]{
		Rows:    somePods()[:2],
		Columns: podColumns(),
		Name:    func(p pod) string { return "pod/" + p.Name },
	}
	dangerous := Document[pod]{
		Rows:    []pod{{Name: "a\x1b[31m\u009b1m\u202e\x7f<&>\u2028é", Node: "=1+cmd()", Why: "two\nlines, \"quoted\""}},
		Columns: podColumns(),
		Name:    list.Name,
	}
	headed := list
	headed.Head = head{Namespace: "binder", Limits: map[string]int{}}
	empty := Document[pod]{Columns: podColumns(), Name: list.Name}
	emptyHead := empty
	emptyHead.Head = struct{}{}
	whole := list
	whole.Doc = map[string]any{"victims": []pod{}, "digest": "abc"}

	const items = `    "items": [
        {
            "name": "hub-0",
            "phase": "Running",
            "restarts": 3,
            "node": "node-a",
            "why": "as it should be"
        },
        {
            "name": "jupyter-日本-x",
            "phase": "Failed",
            "restarts": 12,
            "node": "",
            "why": "out of memory: the container asked for more than its limit of 2 GB"
        }
    ]
}
`
	for name, c := range map[string]struct {
		doc    Document[pod]
		format Format
		want   string
	}{
		"json":                {list, JSON, "\n{\n" + items},
		"json with a head":    {headed, JSON, "\n{\n    \"namespace\": \"binder\",\n    \"limits\": {},\n" + items},
		"json of nothing":     {empty, JSON, "\n{\n    \"items\": []\n}\n"},
		"json, an empty head": {emptyHead, JSON, "\n{\n    \"items\": []\n}\n"},
		"json, all at once":   {whole, JSON, "\n{\n    \"digest\": \"abc\",\n    \"victims\": []\n}\n"},
		"json keeps the data": {dangerous, JSON, `
{
    "items": [
        {
            "name": "a\u001b[31m\u009b1m\u202e\u007f<&>\u2028é",
            "phase": "",
            "restarts": 0,
            "node": "=1+cmd()",
            "why": "two\nlines, \"quoted\""
        }
    ]
}
`},
		"yaml": {list, YAML, `
items:
- name: hub-0
  node: node-a
  phase: Running
  restarts: 3
  why: as it should be
- name: jupyter-日本-x
  node: ""
  phase: Failed
  restarts: 12
  why: 'out of memory: the container asked for more than its limit of 2 GB'
`},
		"yaml with a head":    {Document[pod]{Head: headed.Head}, YAML, "\nlimits: {}\nnamespace: binder\nitems: []\n"},
		"yaml of nothing":     {empty, YAML, "\nitems: []\n"},
		"yaml, an empty head": {emptyHead, YAML, "\nitems: []\n"},
		"yaml, all at once":   {whole, YAML, "\ndigest: abc\nvictims: []\n"},
		"yaml is safe": {dangerous, YAML, `
items:
- name: "a\e[31m\x9B1m\x7F<&>\Lé"
  node: =1+cmd()
  phase: ""
  restarts: 0
  why: |-
    two
    lines, "quoted"
`},
		"name":            {list, Name, "\npod/hub-0\npod/jupyter-日本-x\n"},
		"name is safe":    {dangerous, Name, "\npod/a<&> é\n"},
		"name of nothing": {empty, Name, "\n"},
		"csv": {list, CSV, `
name,phase,restarts,node,why_it_is_so
hub-0,Running,3,node-a,as it should be
jupyter-日本-x,Failed,12,,out of memory: the container asked for more than its limit of 2 GB
`},
		"csv is safe": {dangerous, CSV, `
name,phase,restarts,node,why_it_is_so
a<&> é,,0,'=1+cmd(),"two lines, ""quoted"""
`},
		"csv of nothing":     {empty, CSV, "\nname,phase,restarts,node,why_it_is_so\n"},
		"jsonpath":           {list, "jsonpath={.items[*].name}", "\nhub-0 jupyter-日本-x\n"},
		"jsonpath, bare":     {list, "jsonpath=.items[0].name", "\nhub-0\n"},
		"jsonpath, barer":    {list, "jsonpath=items[0].name", "\nhub-0\n"},
		"jsonpath of lines":  {list, `jsonpath={range .items[*]}{.name}{"\t"}{.restarts}{"\n"}{end}`, "\nhub-0\t3\njupyter-日本-x\t12\n"},
		"jsonpath, filtered": {list, "jsonpath={.items[?(@.restarts>5)].name}", "\njupyter-日本-x\n"},
		"jsonpath of objects": {
			list, "jsonpath={.items[0]}",
			"\n" + `{"name":"hub-0","node":"node-a","phase":"Running","restarts":3,"why":"as it should be"}` + "\n",
		},
		"jsonpath of the head": {headed, "jsonpath={.namespace}", "\nbinder\n"},
		"jsonpath of nothing":  {empty, "jsonpath={.items[*].name}", "\n"},
		"jsonpath, no such":    {list, "jsonpath={.items[0].nope}", "\n"},
		"jsonpath is safe":     {dangerous, "jsonpath={.items[*].name}", "\na<&>\né\n"},
		"jsonpath, whole":      {whole, "jsonpath={.digest}", "\nabc\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, setup{})
			if err := Print(f.Terminal, c.format, c.doc); err != nil {
				t.Fatal(err)
			}
			equal(t, "\n"+f.out.String(), c.want)
			if c.format == YAML {
				var back any
				if err := yaml.UnmarshalStrict([]byte(f.out.String()), &back); err != nil {
					t.Errorf("cannot be read back: %v", err)
				}
			}
		})
	}
}

func TestPrintRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		doc      Document[pod]
		format   Format
		isFormat bool
		want     string
	}{
		"names of the nameless": {Document[pod]{}, Name, true, "what is listed has no names"},
		"csv without columns":   {Document[pod]{}, CSV, true, "there are no columns"},
		"an unknown format":     {Document[pod]{}, "xml", true, `"xml"`},
		"a head that is a list": {Document[pod]{Head: []int{1}}, JSON, false, "must be a JSON object, not []int"},
		"the same in YAML":      {Document[pod]{Head: []int{1}}, YAML, false, "must be a JSON object, not []int"},
		"the same by jsonpath":  {Document[pod]{Head: []int{1}}, "jsonpath={.a}", false, "must be a JSON object, not []int"},
		"what JSON cannot say":  {Document[pod]{Doc: func() {}}, JSON, false, "unsupported type"},
		"a range over a string": {Document[pod]{Rows: somePods()}, "jsonpath={.items[0].name[5]}", false, "is not array or slice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, setup{})
			err := Print(f.Terminal, c.format, c.doc)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got error %v, want one that says %q", err, c.want)
			}
			if errors.Is(err, ErrFormat) != c.isFormat {
				t.Errorf("is ErrFormat: %v", !c.isFormat)
			}
		})
	}
}

func TestPrintDoc(t *testing.T) {
	t.Parallel()
	human := func(w io.Writer, wide bool) error {
		_, err := io.WriteString(w, "the hub is well "+strconv.FormatBool(wide)+"\n")
		return err
	}
	for format, want := range map[Format]string{
		"":               "the hub is well false\n",
		Table:            "the hub is well false\n",
		Wide:             "the hub is well true\n",
		JSON:             "{\n    \"ok\": true\n}\n",
		YAML:             "ok: true\n",
		"jsonpath={.ok}": "true\n",
	} {
		f := newFixture(t, setup{})
		if err := PrintDoc(f.Terminal, format, map[string]bool{"ok": true}, human); err != nil {
			t.Fatal(err)
		}
		equal(t, f.out.String(), want)
	}
	for _, format := range []Format{CSV, Name} {
		if err := PrintDoc(newFixture(t, setup{}).Terminal, format, nil, human); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %v, want ErrFormat", format, err)
		}
	}
}

func TestPrintTable(t *testing.T) {
	t.Parallel()
	f := newFixture(t, setup{})
	if err := PrintTable(f.Terminal, podColumns()[:2], somePods()[:1]); err != nil {
		t.Fatal(err)
	}
	equal(t, f.out.String(), "")
	equal(t, f.err.String(), "NAME   PHASE\nhub-0  Running\n")
}
