package hub

import (
	"context"
	"maps"
)

// answer is what the Hub says of one server.
type answer struct {
	server Server
	known  bool
}

// agrees reports whether two answers come to the same.
func (a answer) agrees(b answer) bool {
	return a.known == b.known && a.server.Ready == b.server.Ready && a.server.Pending == b.server.Pending
}

// confirm is what the Hub says by name of the candidates that take asking. Of a class
// with many it is asked for a sample, and if that bears the list out, what the list
// says of the others stands. If not, they are asked for too.
func (l *Look) confirm(ctx context.Context, candidates []candidate, listed map[Key]Server) (map[Key]answer, error) {
	asked, others := l.sample(candidates)
	named, err := l.askFor(ctx, asked)
	if err != nil {
		return nil, err
	}
	list := func(c candidate) answer {
		server, known := listed[c.subject.Key]
		return answer{server, known}
	}
	belied := map[Class]bool{}
	for _, c := range asked {
		if !named[c.subject.Key].agrees(list(c)) {
			belied[c.rule.class] = true
		}
	}
	var doubted []candidate
	for _, c := range others {
		switch _, answered := named[c.subject.Key]; {
		case belied[c.rule.class]:
			doubted = append(doubted, c)
		case !answered:
			named[c.subject.Key] = list(c)
		}
	}
	if len(doubted) == 0 {
		return named, nil
	}
	late, err := l.askFor(ctx, doubted)
	maps.Copy(named, late)
	return named, err
}

// sample parts the candidates that take asking into those to ask for and, of classes
// with many, the others. They are in no order, so that the first are as good as any.
func (l *Look) sample(candidates []candidate) (asked, others []candidate) {
	of := map[Class]int{}
	for _, c := range candidates {
		switch class := c.rule.class; {
		case !c.rule.asks:
		case l.sources.Sample > 0 && of[class] == l.sources.Sample:
			others = append(others, c)
		default:
			of[class]++
			asked = append(asked, c)
		}
	}
	return asked, others
}
