package cmd

// firstOf are the first rows of a list, no more than a screen bears, and how many
// there are besides.
func firstOf[T any](rows []T, atMost int) (first []T, more int) {
	first = rows[:min(atMost, len(rows))]
	return first, len(rows) - len(first)
}

// sayMore says how many rows of a list are not shown, and what they are or which
// call shows them.
func (app *App) sayMore(more int, which string) {
	if more > 0 {
		app.Term.Say("… and %d more%s", more, which)
	}
}
