package binderhub

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Options are what BinderHub tells the Hub of a launch. The address of who
// launches begins like every other secret.
func Options(r Repo, random *rand.Rand) map[string]any {
	short := strings.TrimSuffix(r.URL, ".git")
	return map[string]any{
		"image":                     r.Image + ":" + r.Commit,
		"repo_url":                  r.URL,
		"token":                     SecretPrefix + Letters(random, 22),
		"binder_ref_url":            short + "/tree/" + r.Commit,
		"binder_launch_host":        "https://mybinder.org/",
		"binder_request":            "v2/gh/" + r.Path() + "/" + r.Ref,
		"binder_persistent_request": "v2/gh/" + r.Path() + "/" + r.Commit,
		"binder_client_ip":          fmt.Sprintf("%s198.51.100.%d", SecretPrefix, random.IntN(256)),
	}
}
