package ui

import (
	"io"
	"os"
)

// dropEarly drops what was typed before a question is there: it answers another
// one, or none. An impatient Enter while a plan is made would decline it, and a y
// would agree to what nobody has read. What is piped in was written for what is to
// be asked.
func dropEarly(in io.Reader) {
	file, ok := in.(*os.File)
	if !ok {
		return
	}
	if conn, err := file.SyscallConn(); err == nil {
		_ = conn.Control(forgetTyped) // who cannot has a question that is answered early
	}
}
