package launchtest

import (
	"html"
	"regexp"
	"strings"
)

// titlePattern finds what a page calls itself, and tagPattern what is no text.
var (
	titlePattern = regexp.MustCompile(`(?is)<(?:title|h1)[^>]*>(.*?)</`)
	tagPattern   = regexp.MustCompile(`(?s)<[^>]*>`)
)

// titleOf is what a page says in a few words.
func titleOf(page string) string {
	text := tagPattern.ReplaceAllString(page, " ")
	if found := titlePattern.FindStringSubmatch(page); found != nil {
		text = found[1]
	}
	text = strings.Join(strings.Fields(html.UnescapeString(strings.ToValidUTF8(text, ""))), " ")
	return cut(text, mostTitle)
}

const mostTitle = 80 // characters of a page's title

// cut shortens a text to so many bytes, between two characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
