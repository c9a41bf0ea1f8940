package ui

import (
	"math"
	"testing"
	"time"
)

func TestQuantities(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 45 * time.Second: "45s", 90 * time.Minute: "90m", 6 * time.Hour: "6h", 51 * time.Hour: "2d3h",
	} {
		equal(t, Age(d), want)
	}
	for milli, want := range map[int64]string{
		0: "0", 1: "0", 250: "0.25", 999: "1", 1000: "1", 7380: "7.4", 96_000: "96", -1500: "-1.5", -250: "-0.25",
	} {
		equal(t, Cores(milli), want)
	}
	for n, want := range map[int64]string{
		0: "0 B", 980: "980 B", 999: "999 B", 1000: "1 kB", 1500: "1.5 kB", 9_960: "10 kB", 999_499: "999 kB", 999_500: "1 MB",
		331_000_000_000: "331 GB", -1500: "-1.5 kB", math.MaxInt64: "9.2 EB", math.MinInt64: "-9.2 EB",
	} {
		equal(t, Bytes(n), want)
	}
}
