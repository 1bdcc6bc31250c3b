package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/media"
)

func TestTheDemonstrationReceivesTheFilmItSends(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var said strings.Builder
	result, err := run(ctx, &said, options{length: 4 * time.Second, build: "../../build"})
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	// How many of the 25 a second is a matter of the machine: the sender encodes them in three sizes.
	if result.pictures < 4*time.Second || result.frames < 8 || result.sound < 3*time.Second {
		t.Errorf("%d frames in %v, %v of sound", result.frames, result.pictures, result.sound)
	}
	if still, err := os.Stat(result.still); err != nil || still.Size() < 10_000 {
		t.Errorf("the still: %v", err)
	}
	if file, err := media.ReadMatroska(result.file); err != nil || !file.Finalised {
		t.Errorf("the recording isn't finalised: %v", err)
	}
	if !strings.Contains(said.String(), "frames in") {
		t.Errorf("it said:\n%s", said.String())
	}
}
