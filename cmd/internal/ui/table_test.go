package ui

import (
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

type pod struct {
	Name     string `json:"name"`
	Phase    string `json:"phase"`
	Restarts int    `json:"restarts"`
	Node     string `json:"node"`
	Why      string `json:"why,omitempty"`
}

func somePods() []pod {
	return []pod{
		{"hub-0", "Running", 3, "node-a", "as it should be"},
		{"jupyter-日本-x", "Failed", 12, "", "out of memory: the container asked for more than its limit of 2 GB"},
		{"jupyter-e\u0301\x1b[31mred\nline", "Pending", 0, "node-b", ""},
	}
}

func podColumns() []Column[pod] {
	return []Column[pod]{
		{Header: "NAME", Value: func(p pod) string { return p.Name }},
		{Header: "PHASE", Value: func(p pod) string { return p.Phase }, Role: func(p pod) Role {
			return map[string]Role{"Running": Good, "Failed": Bad}[p.Phase]
		}},
		{Header: "RESTARTS", Value: func(p pod) string { return itoa(p.Restarts) }, Right: true},
		{Header: "NODE", Value: func(p pod) string { return p.Node }},
		{Header: "WHY IT IS SO", Value: func(p pod) string { return p.Why }, Wide: true},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 60)
	twoColumns := func(change func(c []Column[pod])) []Column[pod] {
		c := []Column[pod]{podColumns()[0], podColumns()[3]}
		change(c)
		return c
	}
	unmarked := twoColumns(func([]Column[pod]) {})
	for name, c := range map[string]struct {
		setup   setup
		options Options
		format  Format
		columns []Column[pod]
		rows    []pod
		want    string
	}{
		"piped": {
			columns: podColumns(), rows: somePods(),
			want: `
NAME               PHASE    RESTARTS  NODE
hub-0              Running         3  node-a
jupyter-日本-x     Failed         12
jupyter-éred line  Pending         0  node-b
`,
		},
		"wide": {
			format: Wide, columns: podColumns(), rows: somePods()[:1],
			want: `
NAME   PHASE    RESTARTS  NODE    WHY IT IS SO
hub-0  Running         3  node-a  as it should be
`,
		},
		"nothing": {
			columns: podColumns(),
			want: `
NAME  PHASE  RESTARTS  NODE
`,
		},
		"coloured": {
			options: Options{Color: ColorAlways},
			columns: podColumns(), rows: somePods()[:2],
			want: "\n" +
				"\x1b[1mNAME\x1b[22m            \x1b[1mPHASE\x1b[22m    \x1b[1mRESTARTS\x1b[22m  \x1b[1mNODE\x1b[22m\n" +
				"hub-0           \x1b[32mRunning\x1b[0m         3  node-a\n" +
				"jupyter-日本-x  \x1b[31;1mFailed\x1b[0;22m         12\n",
		},
		"coloured by the terminal": {
			setup:   setup{tty: true, width: 80},
			columns: podColumns()[:2], rows: somePods()[:1],
			want: "\n" +
				"\x1b[1mNAME\x1b[22m   \x1b[1mPHASE\x1b[22m\n" +
				"hub-0  \x1b[32mRunning\x1b[0m\n",
		},
		"too wide for a pipe is no such thing": {
			setup:   setup{width: 40},
			columns: unmarked, rows: []pod{{Name: "a", Node: long}},
			want: "\nNAME  NODE\na     " + long + "\n",
		},
		"too wide for a terminal cuts the last": {
			setup:   setup{tty: true, width: 40},
			options: Options{Color: ColorNever},
			columns: unmarked, rows: []pod{{Name: "a", Node: long}, {Name: "b", Node: "日" + strings.Repeat("本", 30)}},
			want: "\nNAME  NODE\na     " + long[:16] + "…" + long[:17] + "\nb     日" + strings.Repeat("本", 7) + "…" + strings.Repeat("本", 8) + "\n",
		},
		"cut without Unicode": {
			setup:   setup{tty: true, width: 40, env: map[string]string{"LC_ALL": "C"}},
			options: Options{Color: ColorNever},
			columns: unmarked, rows: []pod{{Name: "a", Node: long}},
			want: "\nNAME  NODE\na     " + long[:15] + "..." + long[:16] + "\n",
		},
		"cut where marked": {
			setup:   setup{tty: true, width: 40},
			options: Options{Color: ColorNever},
			columns: twoColumns(func(c []Column[pod]) { c[0].Shrink = true }),
			rows:    []pod{{Name: long, Node: "node-a"}},
			want: "\nNAME                              NODE\n" +
				long[:15] + "…" + long[:16] + "  node-a\n",
		},
		"cutting the last in vain": {
			setup:   setup{tty: true, width: 40},
			options: Options{Color: ColorNever},
			columns: unmarked, rows: []pod{{Name: long, Node: "a-long-node"}},
			want: "\nNAME" + strings.Repeat(" ", 58) + "NODE\n" + long + "  a-long-node\n",
		},
		"wide enough": {
			setup:   setup{tty: true, width: 200},
			options: Options{Color: ColorNever},
			columns: unmarked, rows: []pod{{Name: long, Node: long}},
			want: "\nNAME" + strings.Repeat(" ", 58) + "NODE\n" + long + "  " + long + "\n",
		},
		"COLUMNS goes first": {
			setup:   setup{tty: true, width: 200, env: map[string]string{"COLUMNS": "40"}},
			options: Options{Color: ColorNever},
			columns: unmarked, rows: []pod{{Name: "a", Node: long}},
			want: "\nNAME  NODE\na     " + long[:16] + "…" + long[:17] + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, c.setup)
			f.Configure(c.options)
			if err := Print(f.Terminal, c.format, Document[pod]{Columns: c.columns, Rows: c.rows}); err != nil {
				t.Fatal(err)
			}
			equal(t, "\n"+f.out.String(), c.want)
			equal(t, f.err.String(), "")
		})
	}
}

func TestTableOfProse(t *testing.T) {
	t.Parallel()
	columns := podColumns()
	columns[4].Wrap = true
	columns[4].Wide = false
	columns[4].Role = func(pod) Role { return Warn }
	const wrapped = `
NAME            PHASE    RESTARTS  NODE    WHY IT IS SO
hub-0           Running         3  node-a  as it should be
jupyter-日本-x  Failed         12          out of memory: the container asked
                                           for more than its limit of 2 GB
`
	const whole = `
NAME            PHASE    RESTARTS  NODE    WHY IT IS SO
hub-0           Running         3  node-a  as it should be
jupyter-日本-x  Failed         12          out of memory: the container asked for more than its limit of 2 GB
`
	const below = `
NAME            PHASE    RESTARTS  NODE
hub-0           Running         3  node-a
  why it is so: as it should be
jupyter-日本-x  Failed         12
  why it is so: out of memory: the container asked for more
  than its limit of 2 GB
`
	for name, c := range map[string]struct {
		setup setup
		color ColorMode
		want  string
	}{
		"80 columns":  {setup{tty: true, width: 80}, ColorNever, wrapped},
		"80 coloured": {setup{tty: true, width: 80}, ColorAlways, wrapped},
		"200 columns": {setup{tty: true, width: 200}, ColorNever, whole},
		"60 columns":  {setup{tty: true, width: 60}, ColorNever, below},
		"piped":       {setup{width: 80}, ColorNever, whole},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, c.setup)
			f.Configure(Options{Color: c.color})
			if err := Print(f.Terminal, Table, Document[pod]{Columns: columns, Rows: somePods()[:2]}); err != nil {
				t.Fatal(err)
			}
			got := f.out.String()
			equal(t, "\n"+CleanText(got), c.want)
			if !strings.Contains(got, f.OutStyle.Warn("for more than its limit of 2 GB")) && c.color == ColorAlways {
				t.Errorf("not every line of prose is painted: %q", got)
			}
			for line := range strings.Lines(got) {
				if strings.HasSuffix(CleanText(line), " \n") {
					t.Errorf("a line ends in blanks: %q", line)
				}
			}
		})
	}
}

// TestTablesFit prints tables of all shapes at all widths: nothing is wider than
// the terminal that could be helped, nothing ends in blanks.
func TestTablesFit(t *testing.T) {
	t.Parallel()
	for width := 40; width <= 200; width += 7 {
		for _, mark := range []func(*Column[pod]){
			func(c *Column[pod]) { c.Wrap = true },
			func(c *Column[pod]) { c.Shrink = true },
			func(*Column[pod]) {},
		} {
			columns := podColumns()
			columns = append(columns[:1:1], columns[4])
			columns[1].Wide = false
			mark(&columns[1])
			f := newFixture(t, setup{tty: true, width: width})
			f.Configure(Options{Color: ColorNever})
			rows := somePods()
			rows[0].Why = strings.Repeat("long", 60)
			if err := Print(f.Terminal, Table, Document[pod]{Columns: columns, Rows: rows}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(f.out.String()) {
				line = strings.TrimSuffix(line, "\n")
				if got := displaywidth.String(line); got > width {
					t.Errorf("at width %d a line takes %d: %q", width, got, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("at width %d a line ends in blanks: %q", width, line)
				}
			}
		}
	}
}
