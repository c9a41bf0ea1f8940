package cluster

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Username is the name of the user whose server a pod is, as JupyterHub spells
// it, or "". It is read from the annotation: the label of the same name is
// escaped, differently by each version of KubeSpawner.
func Username(pod *corev1.Pod) string { return pod.Annotations[UsernameKey] }

// Servername is the name of the server a pod is; "" is the default server.
func Servername(pod *corev1.Pod) string { return pod.Annotations[ServernameKey] }

// suffixLength is the length of what BinderHub appends to a repository's name to make a temporary
// user: a dash and eight random characters.
const suffixLength = 1 + 8

// repoOfUsername undoes BinderHub's naming of temporary users. What comes back
// is not a name to act on: a slash has become a dash, and of a long name the
// middle is missing.
func repoOfUsername(name string) string {
	cut := len(name) - suffixLength
	if cut <= 0 || !isSuffix(name[cut:]) {
		return ""
	}
	return name[:cut]
}

func isSuffix(s string) bool {
	if s[0] != '-' {
		return false
	}
	for _, c := range s[1:] {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// unescape undoes escapism with "-" as the escape character, which BinderHub
// and KubeSpawner below 7 use: "-2d" is a dash, "-2f" a slash. What is not an
// escape is left as it stands.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '-' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil && c >= ' ' && c < 0x7f {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
