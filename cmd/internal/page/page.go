// Package page writes the situation as one page of HTML, to attach to an issue
// and to read on a phone. The page needs nothing but itself: no network, no
// script, no font. It follows the reader's choice of light or dark, and every
// chart says in words what it shows.
//
// Everything that comes from a cluster goes through html/template, which knows
// where in the page it stands; none of it can become markup.
package page

import (
	_ "embed"
	"html/template"
	"io"
	"time"
)

// Page is what a page shows.
type Page struct {
	Title string // of the window: which cluster, and that it is its status
	Where string
	At    time.Time
	State State
	Sum   string // the verdict in a sentence
	Lines []Line
	Ages  []Band   // users' pods by age, from young to old; nil if they could not be seen
	Repos []string // those that have a colour of their own, most pods first
	Nodes []Node   // nil if it could not be seen how full they are
	// Minutes are how many pods were made in each minute that ended at At, the
	// oldest first; nil if they could not be seen.
	Minutes []int
	Events  []Event // the oldest first
	Foot    string
}

// State is how a line is: bad, warn, unknown or ok.
type State string

// Symbol stands before the word, for who does not see colours.
func (s State) Symbol() string {
	switch s {
	case "bad":
		return "‼"
	case "warn":
		return "!"
	case "ok":
		return "✓"
	default:
		return "?"
	}
}

// Line is a check.
type Line struct {
	State    State
	Name     string
	Says     string
	Evidence []string
	Next     string // the command that tells more
	Runbook  Link   // what to do about it
}

// Link is a name that leads somewhere, for who has a network; nothing is fetched
// to show it.
type Link struct{ Name, URL string }

// Band is the pods of one span of ages.
type Band struct {
	Age  string
	Pods []int // of each of the page's repositories, and then of all others
}

// Total is how many pods are in the band.
func (b Band) Total() int {
	total := 0
	for _, n := range b.Pods {
		total += n
	}
	return total
}

// Node is a node in the map.
type Node struct {
	Name  string
	Users int
	Full  float64 // of what it can allot, 0 to 1
	State State
	Note  string // such as "cordoned", or ""
}

// Event is something that happened to the Hub.
type Event struct {
	At   time.Time
	What string
}

//go:embed page.html
var source string

// Write writes the page.
func Write(w io.Writer, p Page) error {
	parsed, err := template.New("page").Funcs(template.FuncMap{
		"clock":   func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"moment":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"percent": func(part float64) int { return int(part*100 + 0.5) },
		"add":     func(a, b int) int { return a + b },
	}).Parse(source)
	if err != nil {
		return err
	}
	return parsed.Execute(w, drawing{p, drawAges(p), drawNodes(p), drawTimeline(p)})
}

// drawing is a page with its charts laid out.
type drawing struct {
	Page
	Age      agesChart
	Map      nodesChart
	Timeline timeChart
}
