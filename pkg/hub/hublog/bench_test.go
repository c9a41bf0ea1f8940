package hublog_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/binderctl/binderctl/pkg/hub/hublog"
	"github.com/binderctl/binderctl/pkg/hub/hublog/hublogtest"
)

// BenchmarkScan reads 32 MB of a busy Hub's log: the bar is 100 MB/s on one core.
func BenchmarkScan(b *testing.B) {
	for name, stamped := range map[string]bool{"stamped": true, "bare": false} {
		b.Run(name, func(b *testing.B) {
			var text bytes.Buffer
			if err := hublogtest.Busy(&text, 32<<20, time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), stamped); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := hublog.Scan(bytes.NewReader(text.Bytes()), time.Time{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
