package world

import "time"

// values are those of a Helm chart.
type values map[string]any

// hubValues are those of the scenario's Hub.
func (w *World) hubValues() values {
	return merge(chartValues(), w.scenario.Hub.Values)
}

// chartValues are those of mybinder.org's that matter to whoever judges a Hub;
// the database, the time-out of a start and the limits of spawns are the chart's
// defaults.
func chartValues() values {
	return values{
		"hub": map[string]any{
			"db":                      map[string]any{"type": "sqlite-pvc"},
			"concurrentSpawnLimit":    64,
			"consecutiveFailureLimit": 5,
		},
		"singleuser": map[string]any{"startTimeout": 300},
		"cull":       map[string]any{"enabled": true, "users": true, "timeout": 600, "every": 660, "maxAge": 21600},
	}
}

// merge lays values over others, as Helm does.
func merge(under, over map[string]any) map[string]any {
	for key, value := range over {
		inner, isMap := value.(map[string]any)
		below, wasMap := under[key].(map[string]any)
		if isMap && wasMap {
			value = merge(below, inner)
		}
		under[key] = value
	}
	return under
}

// number is a value in a section; 0 where it is no number.
func (v values) number(section, key string) int {
	within, _ := v[section].(map[string]any)
	switch value := within[key].(type) {
	case int:
		return value
	case int64:
		return int(value)
	case float64:
		return int(value)
	}
	return 0
}

func (v values) seconds(section, key string) time.Duration {
	return time.Duration(v.number(section, key)) * time.Second
}

func (v values) is(section, key string) bool {
	within, _ := v[section].(map[string]any)
	is, _ := within[key].(bool)
	return is
}
