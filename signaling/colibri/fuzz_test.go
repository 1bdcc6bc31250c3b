package colibri

import (
	"errors"
	"testing"

	"gstjitsi/tests/captures"
)

func FuzzParse(f *testing.F) {
	seeds, err := captures.Payloads("colibri")
	if err != nil {
		f.Fatal(err)
	}
	for _, message := range seeds {
		f.Add([]byte(message))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if (m == nil) != (err != nil) {
			t.Fatalf("got %v, %v", m, err)
		}
		if err != nil && !errors.Is(err, ErrUnknown) && len(err.Error()) > 1000 {
			t.Fatalf("an error of %d bytes", len(err.Error()))
		}
	})
}
