package cmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/page"
	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/hub/checkup"
	"github.com/binderctl/binderctl/pkg/hub/hublog"
	"github.com/binderctl/binderctl/pkg/nodes"
	"github.com/binderctl/binderctl/pkg/pods"
)

// writePage writes the situation as a page to a file, whole or not at all: what
// an issue gets is never half a page.
func (app *App) writePage(r *statusReport, file string) error {
	var text bytes.Buffer
	if err := page.Write(&text, statusPage(app.program(), r)); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	if file == "-" {
		_, err := app.Term.Out.Write(text.Bytes())
		return err
	}
	if err := replaceFile(file, text.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	app.Term.Say("wrote %s (%s): one file that needs nothing else, to attach to an issue", file, ui.Bytes(int64(text.Len())))
	return nil
}

// replaceFile writes a file that everybody may read, as a whole. Until it is whole it
// has a name that nobody can have taken before, as where others may write, too.
func replaceFile(file string, text []byte) error {
	const readable = 0o644
	half, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*.part")
	if err != nil {
		return err
	}
	_, err = half.Write(text)
	err = errors.Join(err, half.Chmod(readable), half.Close())
	if err == nil {
		err = os.Rename(half.Name(), file)
	}
	if err != nil { // of a full disk, for instance
		return errors.Join(err, os.Remove(half.Name()))
	}
	return nil
}

// statusPage is a report as the page of a program of that name shows it.
func statusPage(program string, r *statusReport) page.Page {
	place := cmp.Or(r.Where.Context, r.Where.Server)
	p := page.Page{
		Title: "Status of " + ui.Clean(r.Where.Namespace) + " on " + ui.Clean(place), Where: ui.Clean("namespace " + r.Where.Namespace + " of " + place),
		At: r.At, State: page.State(r.Verdict), Sum: r.sum(), Foot: "binderctl " + version() + ", binderctl status --html",
	}
	for _, line := range r.Checks {
		p.Lines = append(p.Lines, page.Line{
			State: page.State(line.State), Name: line.Name, Says: ui.Clean(line.Says), Evidence: cleanAll(line.Evidence),
			Next: ui.Clean(publicStep(program, line.words)), Runbook: runbookLink(line.Runbook),
		})
	}
	addCharts(&p, r)
	return p
}

// addCharts adds what charts draw to a page, as far as it could be seen.
func addCharts(p *page.Page, r *statusReport) {
	if r.listing != nil && r.listing.PodsKnown() {
		p.Nodes = pageNodes(r.listing, r.Suspects)
	}
	if r.Pods != nil {
		p.Ages, p.Repos = pageAges(r)
		p.Minutes = r.Pods.Made
	}
	if r.evidence != nil {
		p.Events = hubEvents(r.evidence)
	}
}

// publicStep is a command for others to type: what leads to a place from this
// machine, such as the path of a kubeconfig or of a token, is nobody else's.
func publicStep(program string, words []string) string {
	if len(words) == 0 {
		return ""
	}
	if own := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "--hub-") }); own >= 0 {
		words = words[:own]
	}
	return program + " " + typed(words)
}

// runbooksAt is where the runbooks are to be read without binderctl, as by who
// finds the page in an issue.
const runbooksAt = "https://github.com/binderctl/binderctl/blob/main/docs/runbooks/"

func runbookLink(name string) page.Link {
	if name == "" {
		return page.Link{}
	}
	return page.Link{Name: name, URL: runbooksAt + name + ".md"}
}

func cleanAll(texts []string) []string {
	clean := make([]string, len(texts))
	for i, text := range texts {
		clean[i] = ui.Clean(text)
	}
	return clean
}

// reposDrawn is how many repositories have a colour of their own.
const reposDrawn = 5

// pageAges counts users' pods by age and repository.
func pageAges(r *statusReport) (bands []page.Band, repos []string) {
	index := map[string]int{}
	for _, repo := range r.Repos[:min(len(r.Repos), reposDrawn)] {
		index[strings.ToLower(repo.Value)] = len(repos)
		repos = append(repos, cmp.Or(ui.Clean(repo.Value), "no repository"))
	}
	for _, name := range pods.Bands() {
		bands = append(bands, page.Band{Age: name, Pods: make([]int, len(repos)+1)})
	}
	for _, pod := range r.users.pods {
		if pod.Kind != cluster.User {
			continue
		}
		at, own := index[strings.ToLower(pod.Repo)]
		if !own {
			at = len(repos)
		}
		band := slices.Index(pods.Bands(), pods.BandOf(pod.Age(r.users.at)))
		bands[band].Pods[at]++
	}
	return bands, repos
}

// pageNodes are the nodes, those for users first.
func pageNodes(l *nodes.Listing, suspects []suspectSeen) []page.Node {
	sorted := slices.Clone(l.Nodes)
	slices.SortFunc(sorted, func(a, b nodes.Node) int {
		if a.ForUsers != b.ForUsers {
			return map[bool]int{true: -1, false: 1}[a.ForUsers]
		}
		return nodes.ByName.Compare(&a, &b)
	})
	sick := map[string]string{}
	for _, s := range suspects {
		if s.Unhealthy {
			sick[s.Name] = s.Reason
		}
	}
	drawn := make([]page.Node, 0, len(sorted))
	for i := range sorted {
		n := &sorted[i]
		one := page.Node{Name: ui.Clean(n.Name), Users: n.Users, Full: fullness(n), State: page.State(stateOK)}
		if state := nodeState(n); state != "Ready" {
			one.Note, one.State = ui.Clean(state), page.State(stateWarn)
		}
		if !n.ForUsers {
			one.Note = strings.TrimPrefix(one.Note+", not for users", ", ")
		}
		if reason := sick[n.Name]; reason != "" || !n.Ready {
			one.State = page.State(stateBad)
			one.Note = strings.TrimPrefix(one.Note+", "+ui.Clean(cmp.Or(reason, "not ready")), ", ")
		}
		drawn = append(drawn, one)
	}
	return drawn
}

// fullness is how full a node is of what runs out first there.
func fullness(n *nodes.Node) float64 {
	part := func(used, of int64) float64 {
		if of <= 0 {
			return 0
		}
		return float64(used) / float64(of)
	}
	return max(part(n.Requested.CPU, n.Allocatable.CPU), part(n.Requested.Memory, n.Allocatable.Memory), part(n.Requested.Pods, n.Allocatable.Pods))
}

// hubEvents are what happened to the Hub, as far as its pod and its log tell.
func hubEvents(e *checkup.Evidence) []page.Event {
	events := []page.Event{}
	add := func(at time.Time, what string) {
		if !at.IsZero() {
			events = append(events, page.Event{At: at, What: ui.Clean(what)})
		}
	}
	add(e.Pod.Began, "the Hub began to run")
	if e.Pod.Death != nil {
		add(e.Pod.Death.Ended, "the Hub's container ended: "+e.Pod.Death.Reason)
	}
	add(e.Lag.Since, "the first pod became ready of which the Hub took no notice")
	if e.Log != nil {
		for _, r := range e.Log.Reflectors {
			add(r.Died, "the reflector of "+r.Kind+" died")
			add(r.Revived, "the reflector of "+r.Kind+" came back")
		}
		add(e.Log.Spawns.Last, "the last server started")
		for _, seen := range e.Log.Found {
			if seen.Grade != hublog.Notice {
				add(seen.First, "first in the log: "+seen.What)
				if seen.Count > 1 {
					add(seen.Last, fmt.Sprintf("last of %d: %s", seen.Count, seen.What))
				}
			}
		}
	}
	slices.SortStableFunc(events, func(a, b page.Event) int { return a.At.Compare(b.At) })
	return events
}
