package realhub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Jupyter is a real Jupyter server with a Python kernel, as an image built by
// repo2docker has it.
type Jupyter struct {
	URL string // with its token

	process *process
}

// jupyterToken is the server's. One that leaks is found by how it begins.
const jupyterToken = "gdsecret-jupyter-7c1d5e9a"

// StartJupyter starts a Jupyter server from the folder into which make test-hub
// installs, with an empty folder as its home, and returns when it answers.
func StartJupyter(ctx context.Context, tools, home string) (*Jupyter, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(home, "jupyter.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start Jupyter: %w", err)
	}
	bin := filepath.Join(tools, "venv", "bin")
	environment := append(os.Environ(), "HOME="+home, "JUPYTER_TOKEN="+jupyterToken, "PATH="+bin+":"+os.Getenv("PATH"))
	j := &Jupyter{URL: fmt.Sprintf("http://127.0.0.1:%d/?token=%s", port, jupyterToken)}
	say := func(line string) { _, _ = fmt.Fprintln(log, line) }
	j.process, err = startProcess(home, environment, say, filepath.Join(bin, "python"), "-m", "jupyter_server",
		"--ip=127.0.0.1", fmt.Sprintf("--ServerApp.port=%d", port), "--ServerApp.port_retries=0", "--no-browser", "--allow-root",
	)
	if err != nil {
		return nil, err
	}
	if err := j.answers(ctx, fmt.Sprintf("http://127.0.0.1:%d/api", port)); err != nil {
		return nil, errors.Join(err, j.Stop())
	}
	return j, nil
}

// answers waits until the server does.
func (j *Jupyter) answers(ctx context.Context, address string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-j.process.ended:
			return fmt.Errorf("start Jupyter: it ended: %w", j.process.err)
		case <-ctx.Done():
			return fmt.Errorf("start Jupyter: %w", context.Cause(ctx))
		}
	}
}

// Stop ends the server and its kernels.
func (j *Jupyter) Stop() error { return j.process.stop() }
