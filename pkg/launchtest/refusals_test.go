package launchtest_test

import (
	"strings"
	"testing"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// TestRefusals has BinderHub fail in each way that it has.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const built = `{"phase": "built", "imageName": "reg/x:1", "message": "Found built image, launching...\n"}`
	const launching = `{"phase": "launching", "message": "Launching server...\n"}`
	for name, test := range map[string]struct {
		events []string
		verdict
	}{
		"accept": {
			[]string{`{"phase": "failed", "status_code": 400, "message": "Missing Accept header: text/event-stream\n"}`},
			verdict{launchtest.Connect, launchtest.BadRequest, launchtest.Failed, "Missing Accept"},
		},
		"rate limit": {
			[]string{`{"phase": "failed", "status_code": 429, "message": "Rate limit exceeded. Try again in 3600 seconds.\n"}`},
			verdict{launchtest.Connect, launchtest.RateLimited, launchtest.Refused, "3600"},
		},
		"banned address": {
			[]string{`{"phase": "failed", "status_code": 403, "message": "Requests from datacenter are not allowed\n"}`},
			verdict{launchtest.Connect, launchtest.BannedAddress, launchtest.Failed, "datacenter"},
		},
		"build token": {
			[]string{`{"phase": "failed", "status_code": 403, "message": "Invalid build token\n"}`},
			verdict{launchtest.Connect, launchtest.NotAllowed, launchtest.Failed, ""},
		},
		"log in": {
			[]string{`{"phase": "failed", "status_code": 403, "message": "Forbidden\n"}`},
			verdict{launchtest.Connect, launchtest.NotAllowed, launchtest.Failed, ""},
		},
		"provider": {
			[]string{`{"phase": "failed", "message": "No provider found for prefix nope\n"}`},
			verdict{launchtest.Resolve, launchtest.UnknownProvider, launchtest.Failed, "nope"},
		},
		"spec": {
			[]string{`{"phase": "failed", "message": "Spec is not of the form \"user/repo/ref\", provided: \"onlyuser\".\n"}`},
			verdict{launchtest.Resolve, launchtest.BadSpec, launchtest.Failed, "onlyuser"},
		},
		"banned repo": {
			[]string{`{"phase": "failed", "message": "Sorry, a/b is not allowed to launch. Please contact admins for more info!"}`},
			verdict{launchtest.Resolve, launchtest.BannedRepo, launchtest.Failed, ""},
		},
		"no such ref": {
			[]string{`{"phase": "failed", "message": "Could not resolve ref for gh:o/r/nope. Double check your URL and that your repo is public."}`},
			verdict{launchtest.Resolve, launchtest.UnknownRef, launchtest.Failed, ""},
		},
		"no way to the ref": {
			[]string{`{"phase": "failed", "message": "Error resolving ref for gh:minrk/ligo-binder/HEAD: HTTP 599: Could not resolve host: api.github.com\n"}`},
			verdict{launchtest.Resolve, launchtest.RefError, launchtest.Failed, "api.github.com"},
		},
		"GitHub's limit": {
			[]string{`{"phase": "failed", "message": "Error resolving ref for gh:o/r/HEAD: GitHub rate limit exceeded. Try again in 12 minutes.\n"}`},
			verdict{launchtest.Resolve, launchtest.GitHubLimit, launchtest.Failed, "12 minutes"},
		},
		"total quota": {
			[]string{built, `{"phase": "failed", "message": "Too many users on this BinderHub! Try again soon.\n"}`},
			verdict{launchtest.Registry, launchtest.TotalQuota, launchtest.Refused, ""},
		},
		"quota of a repository": {
			[]string{built, `{"phase": "failed", "message": "Too many users running https://example.com/fake/repo.git! Try again soon.\n"}`},
			verdict{launchtest.Registry, launchtest.RepoQuota, launchtest.Refused, ""},
		},
		"build": {
			[]string{`{"phase": "waiting"}`, `{"phase": "Building", "message": "Step 1"}`, `{"phase": "Failure", "message": "Error during build: boom\n"}`},
			verdict{launchtest.Build, launchtest.BuildFailed, launchtest.Failed, "boom"},
		},
		"build without a word": {
			[]string{`{"phase": "waiting"}`, `{"phase": "building", "message": "ERROR: no space left on device\n"}`, `{"phase": "failed"}`},
			verdict{launchtest.Build, launchtest.BuildFailed, launchtest.Failed, "no space left"},
		},
		"unseen build": {
			[]string{`{"phase": "waiting"}`, `{"phase": "failed", "message": "Unhandled error watching for build events. Please try again.\n"}`},
			verdict{launchtest.Build, launchtest.BuildUnseen, launchtest.Failed, ""},
		},
		"Hub down": {
			[]string{built, launching, `{"phase": "launching", "message": "Launch attempt 1 failed, retrying...\n"}`, `{"phase": "failed", "status_code": 500, "message": "Failed to create temporary user for reg/x:1\n"}`},
			verdict{launchtest.HubUser, launchtest.NoHub, launchtest.Failed, ""},
		},
		"spawn refused": {
			[]string{built, launching, `{"phase": "failed", "status_code": 500, "message": "Failed to launch image reg/x:1\n"}`},
			verdict{launchtest.Spawn, launchtest.SpawnRefused, launchtest.Failed, ""},
		},
		"no node": {
			[]string{
				built, launching, `{"phase": "launching", "message": "Server requested\n"}`,
				`{"phase": "launching", "message": "2026-08-21T10:00:00Z [Warning] 0/3 nodes are available: 3 Insufficient memory.\n"}`,
				`{"phase": "failed", "status_code": 500, "message": "Image reg/x:1 for user u took too long to launch\n"}`,
			},
			verdict{launchtest.Schedule, launchtest.NoNode, launchtest.Failed, "Insufficient memory"},
		},
		"no image": {
			[]string{
				built, launching, `{"phase": "launching", "message": "[Normal] Successfully assigned prod/j to n1\n"}`,
				`{"phase": "launching", "message": "[Warning] Failed to pull image \"reg/x:1\": manifest unknown\n"}`,
				`{"phase": "failed", "status_code": 500, "message": "Image reg/x:1 for user u failed to launch\n"}`,
			},
			verdict{launchtest.Pull, launchtest.NoImage, launchtest.Failed, "manifest unknown"},
		},
		"no sandbox": {
			[]string{
				built, launching, `{"phase": "launching", "message": "[Normal] Successfully assigned prod/j to n1\n"}`,
				`{"phase": "launching", "message": "[Warning] Failed to create pod sandbox: rpc error\n"}`,
				`{"phase": "failed", "status_code": 500, "message": "Spawn failed: Timeout\n"}`,
			},
			verdict{launchtest.Start, launchtest.PodFailed, launchtest.Failed, "rpc error"},
		},
		"spawn failed": {
			[]string{built, launching, `{"phase": "launching", "message": "Server requested\n"}`, `{"phase": "failed", "status_code": 500, "message": "Spawn failed: Timeout\n"}`},
			verdict{launchtest.Spawn, launchtest.SpawnFailed, launchtest.Failed, "Timeout"},
		},
		"too long": {
			[]string{built, launching, `{"phase": "launching", "message": "Server requested\n"}`, `{"phase": "failed", "status_code": 500, "message": "Image reg/x:1 for user u took too long to launch\n"}`},
			verdict{launchtest.Spawn, launchtest.SpawnSlow, launchtest.Failed, ""},
		},
		"has a server": {
			[]string{built, `{"phase": "failed", "status_code": 409, "message": "User u already has a running server.\n"}`},
			verdict{launchtest.HubUser, launchtest.ServerExists, launchtest.Failed, ""},
		},
		"no reason": {
			[]string{built, launching, `{"phase": "failed"}`},
			verdict{launchtest.HubUser, launchtest.SpawnFailed, launchtest.Failed, ""},
		},
		"a secret in what it says": {
			[]string{`{"phase": "failed", "message": "could not use token=abcdefg123 there\n"}`},
			verdict{launchtest.Resolve, launchtest.Unexplained, launchtest.Failed, "token=… there"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stand(t, func(s *launchtesttest.Stream) {
				for _, event := range test.events {
					s.Event(event)
				}
				s.Hold() // as BinderHub does
			})
			launch := run(t.Context(), t, options(t, s.URL))
			test.check(t, launch)
			// A BinderHub that waits no longer leaves the Hub to it.
			told := strings.Join(test.events, "")
			if named := strings.Contains(told, "for user u "); named != (launch.User == "u") {
				t.Errorf("the user is named: %t, and it is %q", named, launch.User)
			}
			if left := strings.Contains(told, "took too long"); left != (launch.Cleanup != "") {
				t.Errorf("a server may still come up: %t, and it says %q", left, launch.Cleanup)
			}
		})
	}
}
