package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Charts are drawn in units that are CSS pixels on a phone of 390, and grow a
// little where there is more room.
const (
	chartWidth = 360
	labelWidth = 70
	rowHeight  = 24
	barHeight  = 16
)

// box is a rectangle of a chart.
type box struct {
	X, Y, W, H float64
	Class      string
	Title      string
}

// text is a word in a chart.
type text struct {
	X, Y   float64
	Anchor string
	Says   string
}

// chart is what all charts have.
type chart struct {
	W, H   float64
	Boxes  []box
	Labels []text
	Says   string // what it shows, in words
}

// colours is how many repositories have one; the rest share the last.
const colours = 6

// colour is the class of the i-th repository.
func colour(i int) string { return fmt.Sprintf("c%d", min(i, colours-1)) }

type agesChart struct {
	chart
	Legend []legend
}

type legend struct {
	Class, Repo string
	Pods        int
}

// drawAges draws a bar for each band of ages, of a piece for each repository.
func drawAges(p Page) agesChart {
	c := agesChart{chart: chart{W: chartWidth, H: float64(len(p.Ages)*rowHeight + 4)}}
	if p.Ages == nil {
		c.Says = "Users' pods could not be seen."
		return c
	}
	most, all, oldest := 1, 0, ""
	for _, band := range p.Ages {
		most, all = max(most, band.Total()), all+band.Total()
		if band.Total() > 0 {
			oldest = band.Age
		}
	}
	names := append(slices.Clone(p.Repos), "all others")
	sums := make([]int, len(names))
	unit := float64(chartWidth-labelWidth-40) / float64(most)
	for row, band := range p.Ages {
		y := float64(row*rowHeight + 4)
		c.Labels = append(c.Labels, text{labelWidth - 6, y + 12.5, "end", band.Age})
		x := float64(labelWidth)
		for i, n := range band.Pods {
			if n == 0 || i >= len(names) {
				continue
			}
			sums[i] += n
			c.Boxes = append(c.Boxes, box{x, y, float64(n) * unit, barHeight, colour(i), fmt.Sprintf("%s old: %d of %s", band.Age, n, names[i])})
			x += float64(n) * unit
		}
		c.Labels = append(c.Labels, text{x + 4, y + 12.5, "start", strconv.Itoa(band.Total())})
	}
	for i, name := range names {
		if sums[i] > 0 {
			c.Legend = append(c.Legend, legend{colour(i), name, sums[i]})
		}
	}
	c.Says = fmt.Sprintf("%d users' pods in %d bands of age, the oldest in %s.", all, len(p.Ages), oldest)
	if all == 0 {
		c.Says = "There are no users' pods."
	}
	if len(c.Legend) > 0 {
		c.Says += fmt.Sprintf(" Most are of %s: %d.", c.Legend[0].Repo, c.Legend[0].Pods)
	}
	return c
}

const (
	mapColumns = 6
	cellWidth  = chartWidth / mapColumns
	cellHeight = 56
	cellGap    = 4
	// nodesDrawn is how many nodes the map has: more would be no map any more.
	nodesDrawn = 240
	// nodesNamed is how many of them are named below it: all are in the table.
	nodesNamed = 30
)

type nodesChart struct {
	chart
	More int // nodes that are not drawn
}

// drawNodes draws each node as a vessel that is as full as it is.
func drawNodes(p Page) nodesChart {
	if p.Nodes == nil {
		return nodesChart{chart: chart{W: chartWidth, H: cellHeight, Says: "How full nodes are could not be seen."}}
	}
	drawn := p.Nodes[:min(len(p.Nodes), nodesDrawn)]
	rows := (len(drawn) + mapColumns - 1) / mapColumns
	c := nodesChart{chart: chart{W: chartWidth, H: float64(max(rows, 1) * cellHeight)}, More: len(p.Nodes) - len(drawn)}
	for i, n := range drawn {
		x, y := float64(i%mapColumns*cellWidth), float64(i/mapColumns*cellHeight)
		w, h := float64(cellWidth-cellGap), float64(cellHeight-cellGap-14)
		level := h * min(max(n.Full, 0), 1)
		c.Boxes = append(c.Boxes,
			box{x, y, w, h, "vessel " + string(n.State), n.says()},
			box{x, y + h - level, w, level, "level " + string(n.State), ""})
		mark := strconv.Itoa(n.Users)
		if n.State != "ok" {
			mark += " " + n.State.Symbol()
		}
		c.Labels = append(c.Labels,
			text{x + w/2, y + h/2 + 5, "middle", mark},
			text{x + w/2, y + h + 12, "middle", ending(n.Name)})
	}
	c.Says = saidOf(p.Nodes)
	return c
}

// saidOf is what a map of nodes shows, in words: all of them count, also those
// that are not drawn.
func saidOf(nodes []Node) string {
	full := 0
	var sick []string
	for i := range nodes {
		n := &nodes[i]
		if n.Full >= 0.9 {
			full++
		}
		if n.State != "ok" {
			sick = append(sick, n.says())
		}
	}
	says := fmt.Sprintf("%d nodes; %d at least nine tenths full.", len(nodes), full)
	if len(sick) == 0 {
		return says
	}
	says += " Not well or closed: " + strings.Join(sick[:min(len(sick), nodesNamed)], "; ")
	if more := len(sick) - nodesNamed; more > 0 {
		says += fmt.Sprintf("; and %d more", more)
	}
	return says + "."
}

// says is a node in words.
func (n *Node) says() string {
	text := fmt.Sprintf("%s: %d users, %d %% full", n.Name, n.Users, int(n.Full*100+0.5))
	if n.Note != "" {
		text += ", " + n.Note
	}
	return text
}

// ending is what tells a node from others of its pool.
func ending(name string) string {
	const most = 7
	if at := strings.LastIndexByte(name, '-'); at >= 0 {
		name = name[at+1:]
	}
	if len(name) > most {
		name = name[len(name)-most:]
	}
	return name
}

const (
	timeHeight = 90.0
	timeBase   = timeHeight - 18
	// markRoom is what the numbers of events need to be told apart.
	markRoom = 24.0
)

type timeChart struct {
	chart
	Listed []mark
}

// mark is an event in the list, and its number in the chart; 0 if it was before.
type mark struct {
	Event
	Number int
}

// drawTimeline draws how many pods were made in each minute, with the Hub's
// events above them.
func drawTimeline(p Page) timeChart {
	c := timeChart{chart: chart{W: chartWidth, H: timeHeight}}
	most, all := 1, 0
	for _, n := range p.Minutes {
		most, all = max(most, n), all+n
	}
	span := time.Duration(len(p.Minutes)) * time.Minute
	unit := chartWidth / float64(max(len(p.Minutes), 1))
	for i, n := range p.Minutes {
		if n == 0 {
			continue
		}
		h := float64(n) / float64(most) * (timeBase - 20)
		ago := len(p.Minutes) - i
		c.Boxes = append(c.Boxes, box{float64(i) * unit, timeBase - h, max(unit-1, 1), h, "c0", fmt.Sprintf("%d pods made %d minutes ago", n, ago)})
	}
	c.Labels = append(c.Labels,
		text{0, timeHeight - 4, "start", p.At.Add(-span).UTC().Format("15:04")},
		text{chartWidth, timeHeight - 4, "end", p.At.UTC().Format("15:04") + " UTC"})
	number, labelled := 0, -markRoom
	for _, event := range p.Events {
		listed := mark{Event: event}
		if ago := p.At.Sub(event.At); ago >= 0 && ago < span {
			number++
			listed.Number = number
			x := min(max(chartWidth*(1-float64(ago)/float64(span)), 5), chartWidth-5)
			if x-labelled < markRoom { // the label before stands for this one, too
				last := &c.Labels[len(c.Labels)-1]
				first, _, _ := strings.Cut(last.Says, "-")
				last.Says = first + "-" + strconv.Itoa(number)
			} else {
				labelled = x
				c.Labels = append(c.Labels, text{min(x, chartWidth-markRoom/2), 12, "middle", strconv.Itoa(number)})
			}
			c.Boxes = append(c.Boxes, box{x - 0.5, 15, 1, timeBase - 15, "event", event.What})
		}
		c.Listed = append(c.Listed, listed)
	}
	switch {
	case p.Minutes == nil:
		c.Says = "They could not be seen."
	case all == 0:
		c.Says = fmt.Sprintf("None of the pods that are there now was made within %d minutes.", len(p.Minutes))
	default:
		c.Says = fmt.Sprintf("%d of the pods that are there now were made within %d minutes, at most %d in one.", all, len(p.Minutes), most)
	}
	if number > 0 {
		c.Says += fmt.Sprintf(" Events of the Hub that are marked and listed below: %d.", number)
	}
	return c
}
