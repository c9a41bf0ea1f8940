// Package record keeps a game day's own account of each launch: when each of its
// stages really began and ended, by the clock of who played it.
package record

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// The stages of a launch, named as binderctl names them.
const (
	Resolve  = "resolve"
	Queue    = "build queue"
	Fetch    = "fetch"
	Build    = "build"
	Push     = "push"
	Registry = "registry"
	HubUser  = "hub user"
	Spawn    = "spawn request"
	Schedule = "schedule"
	Pull     = "image pull"
	Start    = "container start"
	Route    = "route"
	ServerUp = "server up"
	Kernel   = "kernel start"
	Computes = "kernel computes"
	Shutdown = "shutdown"
)

// Span is when a launch was in a stage.
type Span struct {
	Launch  int       `json:"launch"`           // counted from 1; 0: none of BinderHub's
	Request string    `json:"request"`          // "gh/owner/name/ref"
	User    string    `json:"user,omitempty"`   // "" before there is one
	Stage   string    `json:"stage"`            // as binderctl names it
	Began   time.Time `json:"began"`            //
	Ended   time.Time `json:"ended"`            //
	Failed  string    `json:"failed,omitempty"` // why; "" if it went well
}

// Word is when BinderHub's stream said that a launch has come to a stage. That is
// later than it did, by as long as the news took through Kubernetes and the Hub.
type Word struct {
	Launch  int       `json:"launch"`
	Request string    `json:"request"`
	Said    string    `json:"said"` // the stage
	At      time.Time `json:"at"`
}

// Book holds the spans of all launches, and writes each into a file as it ends,
// and each word as it is said.
type Book struct {
	now func() time.Time

	mu      sync.Mutex
	file    *os.File
	spans   []Span
	open    map[key]time.Time
	users   map[string]int // which launch a user is of
	request map[int]string
	last    int
}

// key is a stage of a launch, or of a user of none.
type key struct {
	launch int
	user   string
	stage  string
}

// Open begins a book that writes lines of JSON into a file.
func Open(path string, now func() time.Time) (*Book, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the record: %w", err)
	}
	return &Book{now: now, file: file, open: map[key]time.Time{}, users: map[string]int{}, request: map[int]string{}}, nil
}

// Launch begins the account of a launch and returns its number.
func (b *Book) Launch(request string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	b.request[b.last] = request
	return b.last
}

// Is has a user be the one of a launch.
func (b *Book) Is(user string, launch int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users[user] = launch
}

// Begin notes that a stage of a launch begins; once begun, it goes on.
func (b *Book) Begin(launch int, stage string) { b.begin(key{launch: launch, stage: stage}) }

// End notes that a stage of a launch ends, and why it failed, if it did. What
// never began does not end.
func (b *Book) End(launch int, stage, failed string) {
	b.end(key{launch: launch, stage: stage}, "", failed)
}

// BeginOf is Begin for the launch of a user.
func (b *Book) BeginOf(user, stage string) { b.begin(b.of(user, stage)) }

// EndOf is End for the launch of a user.
func (b *Book) EndOf(user, stage, failed string) { b.end(b.of(user, stage), user, failed) }

func (b *Book) of(user, stage string) key {
	b.mu.Lock()
	defer b.mu.Unlock()
	if launch, ok := b.users[user]; ok {
		return key{launch: launch, stage: stage}
	}
	return key{user: user, stage: stage}
}

func (b *Book) begin(k key) {
	at := b.now() // others may be writing
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, begun := b.open[k]; !begun {
		b.open[k] = at
	}
}

func (b *Book) end(k key, user, failed string) {
	at := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	began, ok := b.open[k]
	if !ok {
		return
	}
	delete(b.open, k)
	span := Span{Launch: k.launch, Request: b.request[k.launch], User: user, Stage: k.stage, Began: began.UTC(), Ended: at.UTC(), Failed: failed}
	b.spans = append(b.spans, span)
	b.write(span)
}

// Say notes that BinderHub's stream says now that a launch has come to a stage.
func (b *Book) Say(launch int, stage string) {
	at := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.write(Word{Launch: launch, Request: b.request[launch], Said: stage, At: at.UTC()})
}

// write writes a line. The caller holds the lock.
func (b *Book) write(what any) {
	line, err := json.Marshal(what)
	if err != nil {
		return // it is known to be JSON
	}
	_, _ = b.file.Write(append(line, '\n')) // spans are still in memory
}

// Spans are all that have ended.
func (b *Book) Spans() []Span {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Span{}, slices.Clone(b.spans)...)
}
