package cli

import "testing"

// TestAnyDrillIsTheSameOfTheSameSeed and over the seeds each one comes up.
func TestAnyDrillIsTheSameOfTheSameSeed(t *testing.T) {
	t.Parallel()
	came := map[string]bool{}
	for seed := range uint64(64) {
		first, err := choose(seed)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := choose(seed); again != first {
			t.Errorf("seed %d chose %s and then %s", seed, first, again)
		}
		came[first] = true
	}
	if all := playable(); len(came) != len(all) || len(all) < 5 {
		t.Errorf("%d of %q came up", len(came), all)
	}
}
