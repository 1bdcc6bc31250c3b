package media

import (
	"path/filepath"
	"testing"
	"time"
)

func codedSound(t *testing.T) Sound {
	t.Helper()
	dir := t.TempDir()
	if err := WriteCode(dir, 12*time.Second); err != nil {
		t.Fatal(err)
	}
	sound, err := ReadSound(filepath.Join(dir, "code.s16"))
	if err != nil {
		t.Fatal(err)
	}
	return sound
}

func TestACodeIsReadFromAnywhere(t *testing.T) {
	sound := codedSound(t)
	for _, from := range []int{0, 480, 7001} {
		if pieces, wrong := sound[from:].Decode(); pieces < 400 || wrong != 0 {
			t.Errorf("from %d: %d wrong of %d", from, wrong, pieces)
		}
	}
	late := append(make(Sound, 3*Rate+123), sound...)
	if pieces, wrong := late.Decode(); pieces < 400 || wrong > codeWindow/5 {
		t.Errorf("after silence: %d wrong of %d", wrong, pieces)
	}
}

func TestWhatIsWrongInACodeIsCounted(t *testing.T) {
	for name, spoil := range map[string]struct {
		how         func(Sound) Sound
		least, most int
	}{
		"as written": {func(s Sound) Sound { return s }, 0, 0},
		"ten pieces repeat the one before": {func(s Sound) Sound {
			for i := range 10 {
				at := (100 + 20*i) * codePiece
				copy(s[at:at+codePiece], s[at-codePiece:at])
			}
			return s
		}, 2, 8},
		"five pieces are left out": {func(s Sound) Sound { return append(s[:200*codePiece:200*codePiece], s[205*codePiece:]...) }, 5, 30},
		"half of it is silence": {func(s Sound) Sound {
			clear(s[100*codePiece : 350*codePiece])
			return s
		}, 200, 300},
	} {
		if _, wrong := spoil.how(codedSound(t)).Decode(); wrong < spoil.least || wrong > spoil.most {
			t.Errorf("%s: %d wrong", name, wrong)
		}
	}
	if pieces, _ := make(Sound, 5*Rate).Decode(); pieces != 0 {
		t.Errorf("silence has %d pieces of code", pieces)
	}
}
