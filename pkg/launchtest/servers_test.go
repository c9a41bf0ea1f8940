package launchtest_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/binderctl/binderctl/pkg/launchtest"
	"github.com/binderctl/binderctl/pkg/launchtest/launchtesttest"
)

// TestServers has the user's server fail at each hop. It is stopped all the same.
func TestServers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		jupyter launchtesttest.Jupyter
		verdict
		left bool // it could not be stopped
	}{
		"never up":      {launchtesttest.Jupyter{NeverUp: true}, verdict{launchtest.ServerUp, launchtest.NoRoute, launchtest.Failed, "503"}, true},
		"silent":        {launchtesttest.Jupyter{Silent: true}, verdict{launchtest.ServerUp, launchtest.ServerSilent, launchtest.Failed, "server up took longer than 1m0s; last: no answer within 20s"}, true},
		"bad token":     {launchtesttest.Jupyter{BadToken: true}, verdict{launchtest.ServerUp, launchtest.TokenRefused, launchtest.Failed, "403"}, true},
		"no kernel":     {launchtesttest.Jupyter{NoKernel: true}, verdict{launchtest.Kernel, launchtest.KernelFailed, launchtest.Failed, "500"}, false},
		"no websockets": {launchtesttest.Jupyter{NoSocket: true}, verdict{launchtest.Kernel, launchtest.KernelSilent, launchtest.Failed, "404"}, false},
		"dumb kernel":   {launchtesttest.Jupyter{Dumb: true}, verdict{launchtest.Kernel, launchtest.KernelSilent, launchtest.Failed, "kernel start took longer than 2m0s"}, false},
		"wrong answer":  {launchtesttest.Jupyter{Wrong: true}, verdict{launchtest.Computes, launchtest.WrongAnswer, launchtest.Failed, "printed"}, false},
		"raises":        {launchtesttest.Jupyter{Raises: true}, verdict{launchtest.Computes, launchtest.WrongAnswer, launchtest.Failed, "ModuleNotFoundError"}, false},
		"stillborn":     {launchtesttest.Jupyter{Stillborn: true}, verdict{launchtest.Kernel, launchtest.KernelDied, launchtest.Failed, "it died"}, false},
		"dies":          {launchtesttest.Jupyter{Dies: true}, verdict{launchtest.Computes, launchtest.KernelDied, launchtest.Failed, "it died"}, false},
		"cut off":       {launchtesttest.Jupyter{CutOff: true}, verdict{launchtest.Shutdown, launchtest.ShutdownFailed, launchtest.Failed, "502"}, true},
		"not stopped":   {launchtesttest.Jupyter{NotStopped: true}, verdict{launchtest.Shutdown, launchtest.StillThere, launchtest.Failed, "still answers"}, true},
		"no stop":       {launchtesttest.Jupyter{NoStop: true}, verdict{launchtest.Shutdown, launchtest.ShutdownFailed, launchtest.Failed, "500"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, opts := standInMemory(t, nil)
				s.Jupyter = test.jupyter
				launch := run(t.Context(), t, opts)
				test.check(t, launch)
				if test.left != (launch.Cleanup != "") {
					t.Errorf("cleanup: %q", launch.Cleanup)
				}
			})
		})
	}
}

// slowConn is a connection on which it takes a second to write.
type slowConn struct{ net.Conn }

func (c slowConn) Write(bytes []byte) (int, error) {
	time.Sleep(time.Second) // in a bubble
	return c.Conn.Write(bytes)
}

// TestAnswerWhileAsked has a slow kernel answer while it is asked anew who it is:
// that question goes on its way, and the connection stays.
func TestAnswerWhileAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, opts := standInMemory(t, nil)
		s.Jupyter.Slow = 5500 * time.Millisecond // it is asked after 5 s, for one
		network, _ := opts.Transport.(*http.Transport)
		dial := network.DialContext
		network.DialContext = func(ctx context.Context, kind, address string) (net.Conn, error) {
			conn, err := dial(ctx, kind, address)
			return slowConn{conn}, err
		}
		launch := run(t.Context(), t, opts)
		if launch.Result != launchtest.OK || launch.Took(launchtest.Kernel) < s.Jupyter.Slow {
			t.Errorf("kernel start took %s: %+v", launch.Took(launchtest.Kernel), launch.Failure)
		}
	})
}

// TestToldAgain loses orders to stop on their way: they are given again.
func TestToldAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, opts := standInMemory(t, nil)
		s.Jupyter.Deaf = 3
		launch := run(t.Context(), t, opts)
		if launch.Result != launchtest.OK || s.Stopped() != 1 || s.Running() != 0 || launch.Cleanup != "" {
			t.Errorf("%d stopped, %d run: %q %+v", s.Stopped(), s.Running(), launch.Cleanup, launch.Failure)
		}
	})
}

func TestOtherLanguages(t *testing.T) {
	t.Parallel()
	for language, computed := range map[string]bool{"R": true, "julia": true, "bash": true, "c++": false} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := stand(t, nil)
			s.Jupyter.Language = language
			launch := run(t.Context(), t, options(t, s.URL))
			if launch.Result != launchtest.OK || launch.Computed != computed {
				t.Errorf("%+v", launch)
			}
		})
	}
}
