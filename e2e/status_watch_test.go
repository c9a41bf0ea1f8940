package e2e

import (
	"strings"
	"testing"
)

// watchesStatus has the screen of a good day stay on a terminal while the Hub goes
// and comes back, and then the whole cluster.
func (p *place) watchesStatus(t *testing.T) {
	t.Helper()
	const well = `(?m)^OK  all 9 checks are well$`
	on := startOnTerminal(t, p.operator, "status", "-w", "--interval", "1s")
	on.stands(well)
	on.stands(`(?m)^> ok +incident +none is open`) // the cursor is on the first
	on.stands(`q quits, enter details`)

	p.fault(t, "down", "on")
	on.stands(`(?m)^!! BAD  `)
	on.stands(`(?m)^  !! bad +hub +down: `)
	on.stands(`(?m)^> ok +incident `) // and stays with its line
	on.types("g\r")
	on.stands(`(?m)^binderctl hub status`)
	on.stands(`(?m)^!! DOWN `)
	on.types("\x1b")
	on.stands(`(?m)^> !! bad +hub +down: `)
	on.types("b")
	on.stands(`(?m)^binderctl runbook show restart-hub$`)
	on.stands(`The Hub has to be started anew`)
	on.types("\x1b")
	p.fault(t, "down", "off")
	on.stands(well)
	on.stands(`(?m)^> ok +hub `)

	on.resize(12, 50)
	on.stands(`\nq quits, enter details[^\n]*$`)
	on.resize(40, 120)
	on.stands(well)

	if err := p.gameday("stop", "apiserver"); err != nil {
		t.Fatal(err)
	}
	on.stands(`(?m)^\?  UNKNOWN  nothing could be seen of https://\S+: .*connection refused$`)
	on.stands(`(?m)^> \?  unknown +hub +the cluster: connection refused`)
	if err := p.gameday("start", "apiserver"); err != nil {
		t.Fatal(err)
	}
	on.stands(well)

	on.types("q")
	on.exits(0)
	on.isAsBefore()
	if strings.Contains(on.screen(), "checks are well") {
		t.Errorf("it is still on the screen:\n%s", on.screen())
	}
	on = startOnTerminal(t, p.operator, "status", "-w")
	on.until(`\x1b\[\?1049h`) // there is a screen, and maybe nothing on it
	on.types(ctrlC)
	on.exits(0)
	on.isAsBefore()
}
