package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
)

// mark is when a launch came to a stage, by the record of the game day's
// BinderHub; the last, which has no stage, is its end.
type mark struct {
	stage launchtest.Stage
	at    time.Time
}

// recordLine is a line of a game day's record: when a stage really was, or when
// the stream said that one begins.
type recordLine struct {
	Launch int              `json:"launch"`
	User   string           `json:"user"`
	Stage  launchtest.Stage `json:"stage"`
	Began  time.Time        `json:"began"`
	Ended  time.Time        `json:"ended"`
	Said   launchtest.Stage `json:"said"`
	At     time.Time        `json:"at"`
}

// readRecord reads what a game day's BinderHub noted of each launch, by user. Of
// what comes before there is a server nobody outside learns but by the stream, so
// what that said counts, and of the rest what really was.
func readRecord(path string) (map[string][]mark, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	marks, users := map[int][]mark{}, map[string]int{}
	for line := range bytes.Lines(text) {
		var l recordLine
		if err := json.Unmarshal(line, &l); err != nil {
			return nil, err
		}
		if l.User != "" {
			users[l.User] = l.Launch
		}
		switch {
		case l.Said != "":
			marks[l.Launch] = append(marks[l.Launch], mark{l.Said, l.At})
		case l.Stage == launchtest.Shutdown:
			marks[l.Launch] = append(marks[l.Launch], mark{l.Stage, l.Began}, mark{"", l.Ended})
		case launchtest.ServerUp.Before(l.Stage):
			marks[l.Launch] = append(marks[l.Launch], mark{l.Stage, l.Began})
		}
	}
	record := map[string][]mark{}
	for user, launch := range users {
		record[user] = marks[launch]
		slices.SortStableFunc(record[user], func(a, b mark) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	}
	return record, nil
}
