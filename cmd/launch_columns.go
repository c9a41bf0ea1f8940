package cmd

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/launchtest"
)

func stageColumns() []ui.Column[launchtest.StageTimes] {
	number := func(value func(launchtest.StageTimes) float64) func(launchtest.StageTimes) string {
		return func(s launchtest.StageTimes) string {
			if s.Launches <= s.Failed {
				return "-"
			}
			return shortTime(time.Duration(value(s) * float64(time.Second)))
		}
	}
	return []ui.Column[launchtest.StageTimes]{
		{Header: "STAGE", Value: func(s launchtest.StageTimes) string { return string(s.Stage) }},
		{Header: "LAUNCHES", Right: true, Value: func(s launchtest.StageTimes) string { return itoa(s.Launches) }},
		{Header: "FAILED", Right: true, Value: func(s launchtest.StageTimes) string { return itoa(s.Failed) }},
		{Header: "P50", Right: true, Value: number(func(s launchtest.StageTimes) float64 { return s.P50 })},
		{Header: "P90", Right: true, Value: number(func(s launchtest.StageTimes) float64 { return s.P90 })},
		{Header: "MAX", Right: true, Value: number(func(s launchtest.StageTimes) float64 { return s.Max })},
	}
}

func failureColumns(wide bool) []ui.Column[launchFailures] {
	columns := []ui.Column[launchFailures]{
		{Header: "LAUNCHES", Right: true, Value: func(f launchFailures) string { return itoa(f.Launches) }},
		{Header: "BROKE AT", Value: func(f launchFailures) string { return string(f.Stage) }},
		{Header: "CAUSE", Value: func(f launchFailures) string { return string(f.Cause) }},
		{Header: "NODE", Value: func(f launchFailures) string { return f.Node }},
	}
	if wide {
		columns = append(columns,
			ui.Column[launchFailures]{Header: "FROM", Value: func(f launchFailures) string { return cmp.Or(f.Member, f.Binder) }},
			ui.Column[launchFailures]{Header: "SAYS", Wrap: true, Value: func(f launchFailures) string { return f.Says }})
	}
	return columns
}

// launchColumns are for csv.
func launchColumns() []ui.Column[launchtest.Launch] {
	broke := func(value func(*launchtest.Failure) string) func(launchtest.Launch) string {
		return func(l launchtest.Launch) string {
			if l.Failure == nil {
				return ""
			}
			return value(l.Failure)
		}
	}
	columns := []ui.Column[launchtest.Launch]{
		{Header: "MEMBER", Value: func(l launchtest.Launch) string { return l.Member }},
		{Header: "BINDER", Value: func(l launchtest.Launch) string { return l.Binder }},
		{Header: "ANSWERED", Value: func(l launchtest.Launch) string { return l.Answered }},
		{Header: "REPO", Value: func(l launchtest.Launch) string { return l.Repo }},
		{Header: "BEGAN", Value: func(l launchtest.Launch) string { return l.Began.Format(time.RFC3339) }},
		{Header: "RESULT", Value: func(l launchtest.Launch) string { return string(l.Result) }},
		{Header: "SECONDS", Value: func(l launchtest.Launch) string { return fmt.Sprintf("%.3f", l.Seconds) }},
		{Header: "BROKE AT", Value: broke(func(f *launchtest.Failure) string { return string(f.Stage) })},
		{Header: "CAUSE", Value: broke(func(f *launchtest.Failure) string { return string(f.Cause) })},
		{Header: "SAYS", Value: broke(func(f *launchtest.Failure) string { return f.Says })},
	}
	for _, stage := range launchtest.Stages() {
		columns = append(columns, ui.Column[launchtest.Launch]{
			Header: strings.ToUpper(string(stage)) + " SECONDS",
			Value:  func(l launchtest.Launch) string { return fmt.Sprintf("%.3f", l.Took(stage).Seconds()) },
		})
	}
	return columns
}
