package hub

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// LostSight reports whether a Hub knows so few of so many pods that it has lost
// its memory, or sees none of them: less than half. On an ordinary day it knows
// all but one in a hundred.
func LostSight(known, pods int) bool { return 2*known < pods }

// EnoughToTell is the number of pods from which LostSight is no chance. Whoever
// would delete pods had better heed it from the first.
const EnoughToTell = 10

// fewWitnesses is how many servers Vouch asks for at the most: one may end at any
// time, several at once hardly do.
const fewWitnesses = 5

// witnesses are servers that the Hub has listed, which run and have their pods.
func witnesses(subjects []*subject) []Key {
	var keys []Key
	for _, s := range subjects {
		if p := s.stays(); p != nil && s.runs() && !p.deleting() && !p.ended() {
			keys = append(keys, s.Key)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int { return cmp.Or(strings.Compare(a.User, b.User), strings.Compare(a.Name, b.Name)) })
	return keys[:min(len(keys), fewWitnesses)]
}

// Vouch has the Hub show that it knows servers by name: one of those that it has
// listed. If it knows none of them, that it does not know another means nothing.
// Of a Hub that has listed none there is nothing to show.
func (l *Look) Vouch(ctx context.Context) error {
	for _, key := range l.witnesses {
		_, known, err := l.sources.Hub.Server(ctx, key)
		if err != nil || known {
			return err
		}
	}
	if len(l.witnesses) == 0 {
		return nil
	}
	return fmt.Errorf("%w: it lists the server of %s and does not know it by name", ErrIncomplete, l.witnesses[0].User)
}

// renamed names, for each lost pod, the server without a pod that began with it,
// if there is one: the Hub may have given its user another name since, which the
// pod does not tell.
func renamed(subjects []*subject, limits Limits) map[*subject]Key {
	var homeless []*subject
	for _, s := range subjects {
		if s.known && s.absent() && !s.server.Started.IsZero() {
			homeless = append(homeless, s)
		}
	}
	names := map[*subject]Key{}
	for _, s := range subjects {
		p := s.stays()
		if p == nil || s.known {
			continue
		}
		for _, other := range homeless {
			if other.server.Started.Sub(p.Created).Abs() <= limits.StartTimeout {
				names[s] = other.Key
				break
			}
		}
	}
	return names
}
