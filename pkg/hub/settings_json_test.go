package hub

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSettingsInJSON(t *testing.T) {
	t.Parallel()
	settings := Defaults()
	settings.MaxAge, settings.Read = 6*time.Hour, true
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"startTimeoutSeconds":300,"maxAgeSeconds":21600,"cullEverySeconds":600,"culls":true,"failureLimit":5,` +
		`"cleanupServers":false,"database":"sqlite-pvc","baseURL":"/","read":true}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
