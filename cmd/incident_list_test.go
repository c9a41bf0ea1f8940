package cmd

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"github.com/binderctl/binderctl/cmd/internal/ui"
	"github.com/binderctl/binderctl/pkg/cluster"
	"github.com/binderctl/binderctl/pkg/cluster/clustertest"
	"github.com/binderctl/binderctl/pkg/incident"
)

// What is on this machine is called here only if the cluster was asked for the rest.
func TestHereOnly(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "", errors.New("no"))
	for name, test := range map[string]struct {
		listing error // as the API server answers
		alone   error // why the cluster was not asked
		want    string
	}{
		"it was asked":                  {nil, nil, "open, here only"},
		"it may not be listed":          {forbidden, nil, "open"},
		"it could not be asked already": {nil, cluster.ErrSilent, "open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kube := fake.NewClientset()
			kube.PrependReactor("list", "configmaps", func(k8stesting.Action) (bool, runtime.Object, error) { return test.listing != nil, nil, test.listing })
			where := cluster.Location{Server: "https://prod.example.org", Namespace: "prod"}
			client := &cluster.Client{Kube: kube, Where: where, Now: clustertest.Now}
			d := &desk{Desk: &incident.Desk{Store: incident.NewStore(client), Copies: incident.NewCopies(t.TempDir())}, client: client}
			if err := d.Copies.Begin(incident.New("launches fail", d.Me, where, clustertest.Now())); err != nil {
				t.Fatal(err)
			}
			app := &App{Term: ui.NewTerminal(ui.Streams{})}
			list, err := app.incidentsKnown(t.Context(), d, incident.View{Alone: test.alone})
			if asked := test.listing == nil && test.alone == nil; (err == nil) != asked {
				t.Errorf("the cluster was asked: %t; error: %v", asked, err)
			}
			if len(list) != 1 || briefState(list[0]) != test.want {
				t.Errorf("%+v is not %q", list, test.want)
			}
		})
	}
}
