package binder

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
)

// tokenLife is how long a build token is good for (BinderHub's default).
const tokenLife = 5 * time.Minute

// claims are what a build token says.
type claims struct {
	Audience string `json:"aud"` // "provider/spec"
	Expires  int64  `json:"exp"`
	Origin   string `json:"origin"`
}

// buildToken lets a browser build what its page is about. BinderHub's is a JWT;
// this one begins like every other secret of a game day.
func (b *Binder) buildToken(request, origin string) string {
	content, err := json.Marshal(claims{Audience: request, Expires: b.now().Add(tokenLife).Unix(), Origin: origin})
	if err != nil {
		return "" // it is known to be JSON
	}
	text := base64.RawURLEncoding.EncodeToString(content)
	return binderhub.SecretPrefix + text + "." + b.sign(text)
}

func (b *Binder) sign(text string) string {
	sum := hmac.New(sha256.New, []byte(b.config.TokenSecret))
	sum.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// tokenIsGood says whether a build token is for a request.
func (b *Binder) tokenIsGood(token, request, origin string) bool {
	text, ok := strings.CutPrefix(token, binderhub.SecretPrefix)
	text, signature, parted := strings.Cut(text, ".")
	if !ok || !parted || !hmac.Equal([]byte(signature), []byte(b.sign(text))) {
		return false
	}
	content, err := base64.RawURLEncoding.DecodeString(text)
	var says claims
	if err != nil || json.Unmarshal(content, &says) != nil {
		return false
	}
	return says.Audience == request && says.Origin == origin && b.now().Unix() < says.Expires
}

// originOf is the host that a page of a request is of.
func originOf(r *http.Request) string {
	if parsed, err := url.Parse(r.Header.Get("Origin")); err == nil && parsed.Host != "" {
		return parsed.Host
	}
	return r.Host
}
