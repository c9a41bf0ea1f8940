package ui

import "bufio"

// outputBuffer is how much is gathered before it is written: enough that 20,000
// rows take a few dozen system calls.
const outputBuffer = 64 << 10

// output is where an answer is written to. After an error it does nothing more
// and returns that error from Write, WriteByte and Flush; so most writes need
// not look, if only each row looks once.
type output struct{ *bufio.Writer }

// put writes texts, and leaves it to a later write to tell how that went.
func (o output) put(texts ...string) {
	for _, s := range texts {
		_, _ = o.WriteString(s)
	}
}

// putBytes is put for bytes.
func (o output) putBytes(text []byte) { _, _ = o.Write(text) }
