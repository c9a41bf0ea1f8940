package pods

import "regexp"

// redactor takes out of a text what would let whoever reads it in as its user: a
// notebook server logs its own address with the token, Git the address with the
// password that somebody put there.
type redactor []*regexp.Regexp

// newRedactor finds secrets by what announces them, which is kept.
func newRedactor() redactor {
	return redactor{
		regexp.MustCompile(`(?i)((?:token|password|passwd|secret|api_?key)["']?\s*[=:]\s*["']?)[^\s&"',;]+`),
		regexp.MustCompile(`(?i)(authorization["']?\s*[=:]\s*["']?(?:bearer|token|basic)\s+)[^\s"']+`),
		regexp.MustCompile(`(://[^\s/:@]*:)[^\s/@]+@`),
	}
}

func (r redactor) clean(text string) string {
	for i, secret := range r {
		with := "${1}…"
		if i == len(r)-1 {
			with += "@"
		}
		text = secret.ReplaceAllString(text, with)
	}
	return text
}
