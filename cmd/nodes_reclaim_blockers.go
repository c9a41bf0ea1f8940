package cmd

import (
	"fmt"
	"time"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/nodes"
)

// blockersDoc is what keeps the autoscaler, in JSON: of a reclaim alone.
type blockersDoc struct {
	Blockers []nodes.Blocker `json:"autoscalerBlockers,omitzero"`
	Unseen   bool            `json:"budgetsUnseen,omitzero"`           // then what disruption budgets keep is not among them
	Error    string          `json:"autoscalerBlockersError,omitzero"` // why not all are known
}

func (r *drainReport) blockersDoc() blockersDoc {
	doc := blockersDoc{Blockers: r.blockers.Found, Unseen: r.blockers.BudgetsUnseen}
	if r.blockersErr != nil {
		doc.Error = r.blockersErr.Error()
	}
	return doc
}

// showBlockers says what keeps the autoscaler from taking the nodes and, if not
// all of that could be seen, so: it never says that nothing does without having
// looked.
func (app *App) showBlockers(r *drainReport, format ui.Format) error {
	var err error
	if len(r.blockers.Found) > 0 && format.IsHuman() {
		_, _ = fmt.Fprintln(app.Term.Out, "\nwhat keeps the autoscaler from taking the nodes:")
		err = ui.Print(app.Term, ui.Table, ui.Document[nodes.Blocker]{Rows: r.blockers.Found, Columns: blockerColumns(app.Now())})
	}
	switch {
	case r.blockersErr != nil:
		app.Term.Warn("not all that may keep the autoscaler from taking the nodes is known: %v", r.blockersErr)
	case r.blockers.BudgetsUnseen:
		app.Term.Warn("what disruption budgets keep the autoscaler from is not known: you may not list poddisruptionbudgets")
	case r.blockers.Found != nil && len(r.blockers.Found) == 0:
		app.Term.Say("nothing keeps the autoscaler from taking the nodes")
	}
	return err
}

func blockerColumns(now time.Time) []ui.Column[nodes.Blocker] {
	return []ui.Column[nodes.Blocker]{
		{Header: "NODE", Shrink: true, Value: func(b nodes.Blocker) string { return b.Node }},
		{Header: "WHAT", Wrap: true, Value: func(b nodes.Blocker) string { return b.What }},
		{Header: "PODS", Right: true, Value: func(b nodes.Blocker) string { return itoa(len(b.Pods)) }},
		{Header: "ENDS", Right: true, Value: func(b nodes.Blocker) string { return within(b.Ends, now) }},
		{Header: "WHICH", Wrap: true, Value: func(b nodes.Blocker) string { return someOf(b.Pods) }},
	}
}
