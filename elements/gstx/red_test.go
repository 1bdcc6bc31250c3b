package gstx

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"
)

// redundant sends 40 packets of which each brings the one before again, loses some, and returns the numbers and payload types that
// come out, from the first number on.
func redundant(t *testing.T, lost ...int) (numbers []int, types map[byte]int) {
	t.Helper()
	types = map[byte]int{}
	sent, first, before := 0, -1, uint32(0)
	_, failed := run(t, `audiotestsrc num-buffers=40 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! opusenc !
		rtpopuspay pt=111 ! rtpredenc pt=112 distance=1 allow-no-red-blocks=true ! identity name=loss ! identity name=i ! fakesink name=out async=false`, func(bin gst.Bin) {
		UnwrapRED(bin.GetByName("i").GetStaticPad("sink"), 112)
		bin.GetByName("loss").GetStaticPad("sink").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
			sent++
			if slices.Contains(lost, sent-1) {
				return gst.PadProbeDrop
			}
			return gst.PadProbeOK
		})
		bin.GetByName("out").GetStaticPad("sink").AddProbe(gst.PadProbeTypeBuffer, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
			header := make([]byte, 8)
			packet, mapped := info.GetBuffer().Map(gst.MapRead)
			if !mapped {
				return gst.PadProbeOK
			}
			defer packet.Unmap()
			packet.ReadAt(header, 0)
			number := int(binary.BigEndian.Uint16(header[2:]))
			if first < 0 {
				first = number
			}
			time := binary.BigEndian.Uint32(header[4:])
			numbers = append(numbers, int(int16(number-first)))
			// the first is shorter
			if n := len(numbers); n > 2 && int(time-before) != 960*(numbers[n-1]-numbers[n-2]) {
				t.Errorf("number %d comes %d after number %d", numbers[n-1], time-before, numbers[n-2])
			}
			before = time
			types[header[1]&0x7f]++
			return gst.PadProbeOK
		})
	})
	if failed != nil {
		t.Fatal(failed)
	}
	return numbers, types
}

func TestLostPacketsComeOutOfThoseAfterThem(t *testing.T) {
	for _, c := range []struct{ lost, missing []int }{
		{nil, nil},
		{[]int{10}, nil},
		{[]int{10, 12, 20}, nil},
		{[]int{10, 11, 20}, []int{10}},
	} {
		t.Run(fmt.Sprint(c.lost), func(t *testing.T) {
			numbers, types := redundant(t, c.lost...)
			if len(types) != 1 || types[111] == 0 {
				t.Errorf("payload types %v", types)
			}
			var want []int
			for n := range numbers[len(numbers)-1] + 1 {
				if !slices.Contains(c.missing, n) {
					want = append(want, n)
				}
			}
			if !slices.Equal(numbers, want) {
				t.Errorf("got %v", numbers)
			}
		})
	}
}
