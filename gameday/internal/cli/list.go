package cli

import (
	"cmp"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/binderctl/binderctl/gameday/scenarios"
)

func (a *app) newList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the scenarios, and which can be played as a drill",
		Example: "  gameday list",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			table := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
			fmt.Fprintln(table, "SCENARIO\tINCIDENT\tDRILL\tTITLE")
			for _, name := range scenarios.Names() {
				described, _, _, err := readScenario(name)
				if err != nil {
					return err
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", name, cmp.Or(described.Incident, "-"), yesNo(described.Drill != nil), described.Title)
			}
			return table.Flush()
		},
	}
}
