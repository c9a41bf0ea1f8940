package hublog

import "slices"

// set is a set of patterns, by their place in the list.
type set uint64

// automaton finds which of some texts stand in a line, in one walk over its bytes
// and whatever their number (Aho and Corasick's).
type automaton struct {
	class [256]byte // what a byte is to the automaton; 0 is any that no text has
	next  []uint16  // by state and class; the highest bit says that something ends there
	ends  []set     // by state: the patterns whose text ends there
}

const (
	classBits     = 6         // of the 64 classes that fit, the texts have some 45
	somethingEnds = 1 << 15   // the highest bit of a state
	states        = 1<<15 - 1 // the others
)

// newAutomaton finds the anchors of patterns.
func newAutomaton(patterns []pattern) *automaton {
	m := &automaton{next: make([]uint16, 1<<classBits), ends: []set{0}}
	for i := range patterns {
		for _, anchor := range patterns[i].anchors {
			m.add(anchor, 1<<i)
		}
	}
	m.link()
	return m
}

// add lays out the states of a text, from the beginning on.
func (m *automaton) add(text string, pattern set) {
	state := uint16(0)
	for _, b := range []byte(text) {
		at := int(state)<<classBits | int(m.classOf(b))
		if m.next[at] == 0 {
			m.next[at] = uint16(len(m.ends))
			m.next = append(m.next, make([]uint16, 1<<classBits)...)
			m.ends = append(m.ends, 0)
		}
		state = m.next[at]
	}
	m.ends[state] |= pattern
}

func (m *automaton) classOf(b byte) byte {
	if m.class[b] == 0 {
		m.class[b] = slices.Max(m.class[:]) + 1
		if m.class[b] >= 1<<classBits {
			panic("hublog: the anchors have too many different letters")
		}
	}
	return m.class[b]
}

// link says where to go on when a text breaks off: at the longest end of what was
// read that begins another.
func (m *automaton) link() {
	fallback := make([]uint16, len(m.ends))
	var queue []uint16
	for class := range uint16(1 << classBits) {
		if state := m.next[class]; state != 0 {
			queue = append(queue, state)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		state := queue[0]
		m.ends[state] |= m.ends[fallback[state]]
		for class := range 1 << classBits {
			at, instead := int(state)<<classBits|class, m.next[int(fallback[state])<<classBits|class]
			if m.next[at] == 0 {
				m.next[at] = instead
			} else {
				fallback[m.next[at]] = instead
				queue = append(queue, m.next[at])
			}
		}
	}
	for at, state := range m.next {
		if m.ends[state] != 0 {
			m.next[at] |= somethingEnds
		}
	}
}

// find returns the patterns whose anchor stands in the line.
func (m *automaton) find(line []byte) set {
	var found set
	state := uint16(0)
	next := m.next
	for _, b := range line {
		state = next[int(state)<<classBits|int(m.class[b])]
		if state >= somethingEnds {
			state &= states
			found |= m.ends[state]
		}
	}
	return found
}
