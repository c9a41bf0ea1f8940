package runbook

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Hit is a runbook in which words were found.
type Hit struct {
	Book  *Book
	Line  string // that fits best, without Markdown's signs
	score int
}

// What a word found in a place is worth: whoever searches types a symptom.
const (
	inSymptom = 8 // also in the name and in the index, which lists symptoms
	inLooks   = 4
	inText    = 1
)

// Search finds runbooks by words, the best first: those that have more of the
// words before those that have fewer. The index says by which symptoms a runbook
// is known besides.
func Search(books []*Book, index string, words []string) []Hit {
	stems := stemsOf(strings.Join(words, " "))
	var hits []Hit
	for _, book := range books {
		if hit := book.search(index, stems); hit.score > 0 {
			hits = append(hits, hit)
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.score, a.score) })
	return hits
}

// search scores one runbook and picks its line that fits best.
func (b *Book) search(index string, stems []string) Hit {
	hit := Hit{Book: b, Line: b.Symptom}
	best := map[string]int{}
	bestLine, section := 0, ""
	try := func(line string, worth int) {
		found := 0
		has := stemsOf(line)
		for _, stem := range stems {
			if slices.ContainsFunc(has, func(word string) bool { return begins(word, stem) }) {
				found++
				best[stem] = max(best[stem], worth)
			}
		}
		if found*found*worth > bestLine {
			bestLine, hit.Line = found*found*worth, plain(line)
		}
	}
	try(b.Title, inSymptom)
	try(b.Symptom, inSymptom)
	try(strings.ReplaceAll(b.Name, "-", " "), inSymptom)
	for line := range strings.Lines(index) {
		if strings.Contains(line, "("+b.Name+".md") {
			try(line, inSymptom)
		}
	}
	for _, line := range sentences(b.Text) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(title)
		}
		worth := inText
		if section == Looks || section == "" {
			worth = inLooks
		}
		try(line, worth)
	}
	for _, worth := range best {
		hit.score += worth
	}
	hit.score *= len(best) * len(best) // all of the words are worth more than one of them often
	return hit
}

// sentences are the paragraphs, headings and points of a text, each on a line, and
// not what is to be typed.
func sentences(text string) []string {
	var all []string
	begin, noted := true, false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "```"):
			begin = true
		case noted || strings.HasPrefix(line, "<!--"):
			noted, begin = !strings.Contains(line, "-->"), true
		case strings.HasPrefix(line, "$ "):
		case begin || strings.HasPrefix(line, "- "):
			all = append(all, line)
			begin = strings.HasPrefix(line, "#")
		default:
			all[len(all)-1] += " " + line
		}
	}
	return all
}

// oneSpelling gives what is spelled in several ways one spelling.
func oneSpelling(text string) string {
	return strings.NewReplacer("time out", "timeout", "times out", "timeout", "timed out", "timeout", "spawn", "launch").Replace(text)
}

// stemLength is how much of a word counts, so that "launches" finds "launch" and
// "restarting" finds "restart".
const stemLength = 6

// shortestStem is how much of a word tells which one it is, so that "oom" finds
// "OOMKilled" and "slow" finds "slowly".
const shortestStem = 3

// begins says whether a stem of the text is one that is looked for, or a longer one.
func begins(word, stem string) bool {
	return word == stem || len(stem) >= shortestStem && strings.HasPrefix(word, stem)
}

// commonWords are those that are in every sentence.
type commonWords string

// common are the words that nobody searches for, cut as stems are.
const common commonWords = " is it the an to of and in do doe not for my at on are be ha have with that "

func (c commonWords) has(word string) bool { return strings.Contains(string(c), " "+word+" ") }

// stemsOf are the beginnings of the words in a text, each once.
func stemsOf(text string) []string {
	var stems []string
	for _, word := range strings.FieldsFunc(oneSpelling(strings.ToLower(text)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		word = strings.TrimSuffix(strings.TrimSuffix(word, "s"), "e")
		if len(word) > stemLength {
			word = word[:stemLength]
		}
		if !slices.Contains(stems, word) && len(word) > 1 && !common.has(word) {
			stems = append(stems, word)
		}
	}
	return stems
}

// plain takes Markdown's signs off a line.
func plain(line string) string {
	line = strings.TrimLeft(strings.TrimSpace(line), "#>-*| ")
	if before, _, ok := strings.Cut(line, "]("); ok {
		line = before
	}
	return oneLine(strings.NewReplacer("`", "", "**", "", "[", "", "|", "").Replace(line))
}
