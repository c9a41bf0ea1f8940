package hublog_test

import (
	"bytes"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/binderctl/binderctl/pkg/hub/hublog"
)

// FuzzScan reads anything, and keeps counts and samples sane.
func FuzzScan(f *testing.F) {
	for _, examples := range lines() {
		for _, line := range examples {
			f.Add([]byte("2026-11-20T21:04:02.099123456Z " + line + "\n" + line))
		}
	}
	f.Add([]byte("2018-07-07 18:32:27.000 CEST\n[I 171007 18:32:27"))
	f.Fuzz(func(t *testing.T, text []byte) {
		log, err := hublog.Scan(bytes.NewReader(text), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if log.Bytes != int64(len(text)) || log.Lines < int64(bytes.Count(text, []byte("\n"))) {
			t.Errorf("%d bytes and %d lines of %d and %d", log.Bytes, log.Lines, len(text), bytes.Count(text, []byte("\n")))
		}
		for _, seen := range log.Found {
			if seen.Count <= 0 || int64(seen.Count) > log.Lines || !utf8.ValidString(seen.Sample) || len(seen.Sample) > 400 {
				t.Errorf("%+v", seen)
			}
		}
	})
}
