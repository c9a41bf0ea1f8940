package pods

import (
	"strings"
	"testing"
)

// Whatever announces a secret, the secret itself does not get through.
func TestRedact(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`http://127.0.0.1:8888/?token=HIDDEN`,
		`http://127.0.0.1:8888/?token%3DHIDDEN`,
		`fatal: could not read from https://HIDDEN@github.com/x/y.git`,
		`fatal: could not read from https://oauth2:HIDDEN@gitlab.com/x/y.git`,
		`postgres://hub:pa/ss-HIDDEN@db/x`,
		`postgres://hub:p@HIDDEN@db/x`,
		`redis://:HIDDEN@cache:6379`,
		`remote: ghp_aHIDDENaHIDDENaHIDDEN is not valid`,
		`AWS_SECRET_ACCESS_KEY=HIDDEN`,
		`aws_secret_access_key = HIDDEN`,
		`{"auths":{"https://index.docker.io/v1/":{"auth":"HIDDEN"}}}`,
		`{"private_key": "HIDDEN"}`,
		`{\"token\": \"HIDDEN\"}`,
		`JUPYTERHUB_API_TOKEN='HIDDEN'`,
		`JPY_COOKIE_SECRET=HIDDEN`,
		`CONFIGPROXY_AUTH_TOKEN: HIDDEN`,
		`DB_PASS=HIDDEN`,
		`password=hun,HIDDEN`,
		`password="two words HIDDEN"`,
		`password: 'it;HIDDEN'`,
		`passphrase=HIDDEN`,
		`api-key: HIDDEN`,
		`credentials=HIDDEN`,
		`helm upgrade --token HIDDEN --wait`,
		`curl -H "Authorization: Bearer HIDDEN" https://example.org`,
		`'Authorization': 'Bearer HIDDEN'`,
		`Authorization: HIDDEN`,
		`X-Registry-Auth: HIDDEN`,
		`Cookie: jupyterhub-session-id=HIDDEN; _xsrf=HIDDEN`,
		`-----BEGIN RSA PRIVATE KEY----- HIDDEN`,
		`MIIEpAIBAAKCAQEAHIDDEN0123456789abcdefghijklmnopqrstuvwxyz+/ABCD`,
		`eyJhbGciOiJIUzI1NiJ9.HIDDEN.sig`,
	} {
		if got := newRedactor().clean(text); strings.Contains(got, "HIDDEN") {
			t.Errorf("%q came out as %q", text, got)
		}
	}
}

// It is seen that something was there, and what.
func TestRedactKeepsTheName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`GET http://127.0.0.1:8888/user/a-b/?token=gdsecret-1&x=1`: `GET http://127.0.0.1:8888/user/a-b/?token=…`,
		`{"api_token": "gdsecret-2", "kind": "user"}`:              `{"api_token": …, "kind": "user"}`,
		`cloning https://me:gdsecret-5@example.org/a.git`:          `cloning https://…@example.org/a.git`,
	} {
		if got := newRedactor().clean(text); got != want {
			t.Errorf("%q came out as %q, want %q", text, got, want)
		}
	}
}

// What is no secret stays, or a log would tell nothing.
func TestRedactLeavesTheRest(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`[E 12:18:36.431 SingleUserNotebookApp singleuser:346] cannot connect to the Hub at http://10.15.247.110:8081/hub/api (attempt 5 of 5)`,
		`2018-01-18 12:15:36 +0000 [warn]: temporarily failed to flush the buffer. next_retry=2018-01-18 12:16:08 error="getaddrinfo: Temporary failure in name resolution"`,
		`F0118 12:17:43.001544 7 main.go:93] Get https://10.15.240.1:443/version: dial tcp 10.15.240.1:443: i/o timeout`,
		`Back-off pulling image "gcr.io/binder-prod/r2d-x@sha256:6be6d6329de99168d0a0b68f9d52228ecc61ac50"`,
		`Author: Jane Doe`,
		`dial tcp 10.0.0.1:8081: connect: connection refused`,
		`GET https://hub.example.org:443/hub/api 403`,
		`01:02:21.940 - error: [ConfigProxy] 503 GET /user/wildtreetech-explore-open-data-ab12cd34/api/kernels connect ETIMEDOUT`,
	} {
		if got := newRedactor().clean(text); got != text {
			t.Errorf("%q came out as %q", text, got)
		}
	}
}
