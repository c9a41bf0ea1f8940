package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// printStatus writes the report for people.
func (a *app) printStatus(seen *report) error {
	table := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "%s: %s\n", seen.Name, seen.Scenario)
	fmt.Fprintf(table, "\nCOMPONENT\tSTATE\tSINCE\tPID\n")
	for _, process := range seen.Components {
		detail := ""
		if process.Exit != "" {
			detail = "\t" + process.Exit + ", see " + process.Log
		}
		pid := "-"
		if process.PID != 0 {
			pid = strconv.Itoa(process.PID)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s%s\n", process.Name, process.State,
			a.now().Sub(process.Since).Truncate(time.Second), pid, detail)
	}
	if seen.Problem != "" {
		fmt.Fprintf(table, "\nthe cluster was not seen: %s\n", seen.Problem)
	} else {
		fmt.Fprintf(table, "\nuser pods: %s\n", phases(seen.UserPods))
		fmt.Fprintf(table, "nodes: %d, %d ready, %d cordoned\n", seen.Nodes.Total, seen.Nodes.Ready, seen.Nodes.Cordoned)
		fmt.Fprintf(table, "\nRECOVERED\tCONDITION\tEVIDENCE\n")
		for _, verdict := range seen.Conditions {
			word := "no"
			if verdict.Holds {
				word = "yes"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", word, verdict.Says, verdict.Evidence)
		}
	}
	return table.Flush()
}

func phases(counts map[string]int) string {
	var parts []string
	for _, phase := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[phase], phase))
	}
	return cmp.Or(strings.Join(parts, ", "), "none")
}
