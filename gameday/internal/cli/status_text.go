package cli

import (
	"cmp"
	"fmt"
	"io"
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
		a.printRecovery(table, seen)
	}
	return table.Flush()
}

// printRecovery writes whether it is over, and of what is no drill also why.
func (a *app) printRecovery(table io.Writer, seen *report) {
	if seen.Drill {
		next := "to be told what it is: gameday drill give-up"
		if seen.Recovered {
			next = "how you did: gameday drill score"
		}
		fmt.Fprintf(table, "\nrecovered: %s; %s %s\n", yesNo(seen.Recovered), next, a.which(seen.Name))
		return
	}
	fmt.Fprintf(table, "\nRECOVERED\tCONDITION\tEVIDENCE\n")
	for _, verdict := range seen.Conditions {
		fmt.Fprintf(table, "%s\t%s\t%s\n", yesNo(verdict.Holds), verdict.Says, verdict.Evidence)
	}
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func phases(counts map[string]int) string {
	var parts []string
	for _, phase := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[phase], phase))
	}
	return cmp.Or(strings.Join(parts, ", "), "none")
}
