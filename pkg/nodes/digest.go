package nodes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// digestOf identifies a plan by all it says.
func digestOf(plan any) string {
	text, err := json.Marshal(plan)
	if err != nil { // a plan is made of texts, numbers and times
		return ""
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
