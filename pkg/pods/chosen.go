package pods

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
)

// Chosen are pods that somebody who sees more than the cluster has chosen: those
// that the Hub has lost, for instance.
type Chosen struct {
	// What they are, in the plural: "pods of which the Hub knows nothing".
	What string `json:"what"`
	// Reasons are why each was chosen. No plan file keeps them: what was seen
	// then says nothing about today.
	Reasons map[types.UID]string `json:"-"`
}

// confirmed asks once more, just before a pod would be deleted, whether it is to
// go. The result is "" if it is. What cannot be asked is final for this pod: it
// is nothing that another try at the API server would mend.
func confirmed(ctx context.Context, victim Victim, opts CullOptions) (result Result, detail string) {
	if opts.Confirm == nil {
		return "", ""
	}
	switch spare, err := opts.Confirm(ctx, victim); {
	case err != nil:
		return Failed, "not deleted: " + err.Error()
	case spare != "":
		return Skipped, spare
	default:
		return "", ""
	}
}
