package elements

import (
	"slices"
	"testing"
)

func TestABitrateIsDividedAmongOurVideo(t *testing.T) {
	for _, tt := range []struct {
		total int
		wants []int
		parts []int
	}{
		{1000, nil, nil},
		{1000, []int{0}, []int{1000}},
		{1000, []int{300}, []int{300}},
		{1000, []int{0, 0}, []int{500, 500}},
		{1000, []int{300, 0}, []int{300, 700}},
		{1000, []int{300, 5000}, []int{300, 700}},
		{1000, []int{5000, 5000}, []int{500, 500}},
		{1000, []int{200, 400, 900}, []int{200, 400, 400}},
	} {
		if got := divide(tt.total, tt.wants); !slices.Equal(got, tt.parts) {
			t.Errorf("%d among %v: %v", tt.total, tt.wants, got)
		}
	}
}
