package binder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/binderctl/binderctl/gameday/internal/binderhub"
	"github.com/binderctl/binderctl/gameday/internal/pause"
)

// errBuild is a build that failed; its log says why.
var errBuild = errors.New("the build failed")

// write writes the log of a build as repo2docker does, at the pace of the
// scenario: lines of a phase, lines of none, and lines that are no JSON, which
// BinderHub calls unknown.
func (b *Binder) write(ctx context.Context, under *build, repo binderhub.Repo) error {
	plain := func(text string) { under.say(event{{"message", text}}) }
	plain("Picked Git content provider.\n")
	under.say(line("fetching", fmt.Sprintf("Cloning into '/tmp/repo2docker%.8s'...\n", repo.Commit)))
	if !pause.For(ctx, b.config.Fetch) {
		return ctx.Err()
	}
	if b.has(FetchFails) {
		under.say(line("fetching", fmt.Sprintf("fatal: unable to access '%s/': Could not resolve host: github.com\n", repo.URL)))
		return b.broken(under, "Failed to fetch repository! Could not clone "+repo.URL)
	}
	under.say(line("fetching", fmt.Sprintf("HEAD is now at %.7s Merge the latest changes\n", repo.Commit)))
	under.say(line("building", "Using PythonBuildPack builder\n"))
	plain("Building conda environment for python=3.10\n")
	if err := b.writeSteps(ctx, under); err != nil {
		return err
	}
	under.say(line("building", fmt.Sprintf("Successfully tagged %s:%s\n", repo.Image, repo.Commit)))
	return b.writePush(ctx, under, repo)
}

// line is one of repo2docker's, with the fields in its order.
func line(phase, message string) event { return event{{"message", message}, {"phase", phase}} }

// writeSteps writes the steps of the image.
func (b *Binder) writeSteps(ctx context.Context, under *build) error {
	lines := max(1, b.config.Lines)
	for n := range lines {
		switch {
		case n%10 == 9: // what the container runtime says of itself
			under.say(event{{"phase", "unknown"}, {"message", fmt.Sprintf("time=\"%s\" level=info msg=\"layer %d extracted\"\n", b.now().UTC().Format(time.RFC3339), n)}})
		default:
			under.say(line("building", fmt.Sprintf("Step %d/%d : RUN echo a part of the image\n", n+1, lines)))
		}
		if n == lines/2 && b.has(BuildHangs) {
			<-ctx.Done()
		}
		if n == lines/2 && b.has(BuildFails) {
			under.say(line("building", "ERROR: Could not find a version that satisfies the requirement numpy==0.0.1\n"))
			return b.broken(under, "The command '/bin/sh -c pip install -r requirements.txt' returned a non-zero code: 1")
		}
		if !pause.For(ctx, b.config.Build/time.Duration(lines)) {
			return ctx.Err()
		}
	}
	return nil
}

func (b *Binder) writePush(ctx context.Context, under *build, repo binderhub.Repo) error {
	phase := "building"
	if b.config.Pushing {
		phase = "pushing"
	}
	under.say(line(phase, fmt.Sprintf("Pushing image %s:%s\n", repo.Image, repo.Commit)))
	if !pause.For(ctx, b.config.Push) {
		return ctx.Err()
	}
	if b.has(PushFails) {
		return b.broken(under, "denied: requested access to the resource is denied")
	}
	under.say(line(phase, fmt.Sprintf("Successfully pushed %s:%s\n", repo.Image, repo.Commit)))
	return nil
}

// broken ends a log with an error.
func (b *Binder) broken(under *build, why string) error {
	under.say(event{{"message", "Error during build: " + why + "\n"}, {"phase", "failure"}})
	return errBuild
}
