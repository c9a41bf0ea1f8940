package cmd

import (
	"context"
	"errors"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/pods"
)

// changeRow is a change to a pod as it is shown.
type changeRow struct {
	podRow
	Gone bool `json:"gone"`
}

// podsWatch shows the pods there are and then each change as it happens, until
// the operator stops it. JSON is one object a line.
func podsWatch(ctx context.Context, app *App, client *cluster.Client, opts podsListOptions) error {
	feed, err := ui.NewFeed(app.Term, opts.output, ui.Document[changeRow]{
		Columns: changeColumns(opts),
		Name:    func(r changeRow) string { return podName(opts.everywhere)(r.podRow) },
	})
	if err != nil {
		return err
	}
	stopping, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err = pods.Watch(stopping, client, client.Where.Namespace, opts.filter(), func(changes []pods.Change) {
		rows := make([]changeRow, len(changes))
		for i, change := range changes {
			rows[i] = changeRow{newPodRow(change.Pod, client.ServerNow()), change.Gone}
		}
		if err := feed.Show(rows); err != nil {
			stop(err) // the reader has gone
		}
	})
	if cause := context.Cause(stopping); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if ctx.Err() != nil {
		return nil // Ctrl-C is how a watch ends
	}
	return err
}

func changeColumns(opts podsListOptions) []ui.Column[changeRow] {
	columns := []ui.Column[changeRow]{{Header: "TIME", Value: func(r changeRow) string {
		return r.Created.Add(time.Duration(r.AgeSeconds) * time.Second).UTC().Format(time.TimeOnly)
	}}}
	for _, column := range podColumns(opts) {
		lifted := ui.Column[changeRow]{
			Header: column.Header, Wide: column.Wide, Right: column.Right, Shrink: column.Shrink,
			Value: func(r changeRow) string { return column.Value(r.podRow) },
		}
		if column.Role != nil {
			lifted.Role = func(r changeRow) ui.Role { return column.Role(r.podRow) }
		}
		if column.Header == "STATUS" {
			lifted.Value = func(r changeRow) string {
				if r.Gone {
					return "gone"
				}
				return column.Value(r.podRow)
			}
		}
		columns = append(columns, lifted)
	}
	return columns
}
