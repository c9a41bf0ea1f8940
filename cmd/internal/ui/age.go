package ui

import (
	"math"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
)

// Age returns a duration as kubectl spells it: 45s, 90m, 6h, 2d3h.
func Age(d time.Duration) string { return duration.HumanDuration(d) }

// Cores returns an amount of CPU given in thousandths of a core: 7.4, 0.25, 96.
func Cores(milli int64) string {
	decimals := 1
	if -1000 < milli && milli < 1000 {
		decimals = 2
	}
	return shortest(float64(milli)/1000, decimals)
}

// Bytes returns an amount of memory in units of a thousand: 980 B, 1.5 GB,
// 331 GB.
func Bytes(n int64) string {
	if n < 0 {
		return "-" + Bytes(-max(n, -math.MaxInt64))
	}
	value, unit := float64(n), 0
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	for value >= 999.5 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	if unit == 0 || value >= 9.95 {
		return shortest(value, 0) + " " + units[unit]
	}
	return shortest(value, 1) + " " + units[unit]
}

// shortest returns a number with at most so many decimals, and no idle zeros.
func shortest(value float64, decimals int) string {
	text := strconv.FormatFloat(value, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
