package pods

import "regexp"

// redactor takes out of a text what would let whoever reads it in as its user: a
// notebook server logs its own address with the token, Git the address with the
// password that somebody put there, a build the key it was given. It would
// rather take out too much: a word too few is no harm.
type redactor []redaction

// redaction is a way in which secrets are announced. What announces one is kept,
// so that it is seen that something was there.
type redaction struct {
	secret *regexp.Regexp
	with   string
}

// value is a value after its name: in quotes, which may be escaped, or up to the
// next blank.
const value = `(?:\\?"(?:[^"\\]|\\[^"])*\\?"?|'[^']*'?|\S+)`

// secretName is a name that a value is kept secret for, with what stands around
// it in names such as AWS_SECRET_ACCESS_KEY.
const secretName = `[\w.-]*(?:token|passw|passphrase|_pass\b|secret|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth\b|_auth|auth_|cookie|xsrf)[\w.-]*`

// newRedactor finds secrets by what announces them, or by their own shape.
func newRedactor() redactor {
	rule := func(pattern, with string) redaction { return redaction{regexp.MustCompile(pattern), with} }
	return redactor{
		rule(`(-----BEGIN [A-Z ]*PRIVATE KEY-----).*`, "${1}…"),
		rule(`^[A-Za-z0-9+/]{48,}={0,2}$`, "…"), // a line of such a key
		rule(`\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?`, "…"),
		rule(`\b(gh[pousr]_|github_pat_|glpat-|AKIA|xox[abps]-|hf_)[\w-]{6,}`, "${1}…"),
		rule(`(://)[^\s/"']*@`, "${1}…@"),
		rule(`(://[^\s/:"'@]*:)[^\s"']*@`, "${1}…@"), // a password with a slash
		rule(`(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]*(?:auth|token|key)[\w-]*)(["'\\]*\s*[=:]\s*).*`, "${1}${2}…"),
		rule(`(?i)(`+secretName+`["'\\]*\s*(?:[=:]|%3D)\s*)`+value, "${1}…"),
		rule(`(?i)(--?[\w-]*(?:token|password|secret|key)[\w-]*\s+)`+value, "${1}…"),
	}
}

func (r redactor) clean(text string) string {
	for _, rule := range r {
		text = rule.secret.ReplaceAllString(text, rule.with)
	}
	return text
}
