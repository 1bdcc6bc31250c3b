package media

import (
	"fmt"
	"math"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// MaxLayers is how many sizes of a picture simulcast has at most.
const MaxLayers = 3

// size is what a picture measures, in pixels.
type size struct{ width, height int }

// The heights from which on a picture is sent in two and in three sizes.
const (
	twoLayers   = 360
	threeLayers = 720
)

// layerSizes are the sizes in which a picture is sent, each twice the one before, as web clients do. The last is the
// picture's own.
func layerSizes(full size, most int) []size {
	n := 1
	switch {
	case full.height >= threeLayers:
		n = 3
	case full.height >= twoLayers:
		n = 2
	}
	n = min(n, most)
	sizes := make([]size, n)
	for i := range sizes {
		divisor := 1 << (n - 1 - i)
		sizes[i] = size{even(full.width / divisor), even(full.height / divisor)}
	}
	sizes[n-1] = full
	return sizes
}

// even keeps to what pictures with halved colour can have.
func even(n int) int { return max(n&^1, 2) }

// usefulBitrate is what a layer of a height takes at most, bit/s: more is not seen. Web clients have the same figures.
func usefulBitrate(height int) int {
	switch {
	case height <= 180:
		return 200_000
	case height <= 360:
		return 500_000
	case height <= 540:
		return 1_000_000
	case height <= 720:
		return 1_500_000
	}
	return 3_000_000
}

// layer is one size of a picture: valve, queue, scaler, encoder, queue. The first queue drops frames where the encoder is too slow. The
// second is for the encoder not to wait while frames are spread over time: it would see fewer pictures, and make each of
// them so much larger that it waits longer.
type layer struct {
	size     size
	encoder  encoder
	temporal bool // has temporal layers
	elements []gst.Element
	valve    gst.Element
	element  gst.Element // the encoder
	on       bool
	bitrate  int       // bit/s
	begun    time.Time // anew, with what waited thrown away
}

// newLayer makes a layer, closed.
func newLayer(bin gst.Bin, codec Codec, sz size, scale, leaky, temporal bool) (*layer, error) {
	enc, err := encoderFor(codec)
	if err != nil {
		return nil, err
	}
	factories := []string{"valve", "queue"}
	if scale {
		factories = append(factories, "videoscale", "capsfilter")
	}
	factories = append(factories, enc.factory)
	if enc.caps != "" {
		factories = append(factories, "capsfilter")
	}
	factories = append(factories, "queue")
	elements, err := makeChain(bin, factories)
	if err != nil {
		return nil, err
	}
	l := &layer{size: sz, encoder: enc, elements: elements, valve: elements[0], temporal: temporal && enc.factory == "vp8enc"}
	l.valve.SetObjectProperty("drop", true)
	queue := elements[1]
	limitQueue(queue, mostPictures, 0, 0)
	limitQueue(l.waiting(), 0, mostWaitingBytes, mostWaiting)
	if leaky {
		gstx.SetFromString(queue, "leaky", "downstream")
	}
	if scale {
		caps := fmt.Sprintf("video/x-raw,width=%d,height=%d", sz.width, sz.height)
		elements[3].SetObjectProperty("caps", gst.CapsFromString(caps))
	}
	l.element = elements[len(elements)-2]
	if enc.caps != "" {
		l.element.SetObjectProperty("caps", gst.CapsFromString(enc.caps))
		l.element = elements[len(elements)-3]
	}
	enc.configure(l.element, sz.height, !temporal)
	if l.temporal {
		gstx.SetTemporalLayers(l.element)
	}
	l.setBitrate(usefulBitrate(sz.height))
	return l, nil
}

// What queues in front of and behind an encoder hold at most: pictures, and what is encoded of them. A key frame that is spread
// over a longer time than this holds the encoder up. Bytes are for what has no timestamps: more than any network takes in that time.
const (
	mostPictures     = 2
	mostWaiting      = 300 * time.Millisecond
	mostWaitingBytes = 4 << 20
)

// limitQueue bounds a queue; 0 is no bound.
func limitQueue(queue gst.Element, buffers, bytes int, length time.Duration) {
	gstx.SetFromString(queue, "max-size-buffers", fmt.Sprint(buffers))
	gstx.SetFromString(queue, "max-size-bytes", fmt.Sprint(bytes))
	gstx.SetFromString(queue, "max-size-time", fmt.Sprint(length.Nanoseconds()))
}

func (l *layer) input() gst.Pad  { return l.valve.GetStaticPad("sink") }
func (l *layer) output() gst.Pad { return l.waiting().GetStaticPad("src") }

// waiting is the queue behind the encoder.
func (l *layer) waiting() gst.Element { return l.elements[len(l.elements)-1] }

// hush lets elements that are of no use any more tell nothing. A picture that waits in a layer's queue makes vp8enc negotiate, which
// is an error to it with nobody behind it; to wait until it is through is no way, since a transport that pauses holds it up.
func hush(elements []gst.Element) {
	for _, e := range elements {
		e.SetBus(nil)
	}
}

// beginAnew says whether what waits to be sent at the present bitrate shall be thrown away, for a key frame at another one: it would
// be late, and what went before it is probably lost. But not while the last such key frame may be on its way.
func (l *layer) beginAnew(bitrate int, now time.Time) bool {
	const onItsWay = time.Second
	if !l.on || bitrate >= l.bitrate/2 || now.Sub(l.begun) < onItsWay {
		return false
	}
	l.begun = now
	return true
}

// setBitrate changes it where the encoder lets that be done, and the difference matters.
func (l *layer) setBitrate(bitrate int) {
	const matters = 0.03
	if l.bitrate != 0 && (!l.encoder.live || math.Abs(float64(bitrate-l.bitrate)) < matters*float64(l.bitrate)) {
		return
	}
	l.bitrate = bitrate
	l.encoder.setBitrate(l.element, bitrate)
	if l.temporal {
		gstx.SetTemporalBitrate(l.element, bitrate)
	}
}

// turn opens or closes the layer. It begins with a key frame.
func (l *layer) turn(on bool) {
	if l.on == on {
		return
	}
	l.on = on
	if on {
		l.requestKeyFrame()
	}
	l.valve.SetObjectProperty("drop", !on)
}

// requestKeyFrame makes the next frame a key frame.
func (l *layer) requestKeyFrame() {
	l.element.GetStaticPad("src").SendEvent(NewKeyFrameRequest())
}

// leastBitrate is what a layer of a height must have to look better than the one below, bit/s.
func leastBitrate(height int) int {
	switch {
	case height <= 180:
		return 60_000
	case height <= 360:
		return 150_000
	case height <= 540:
		return 350_000
	case height <= 720:
		return 500_000
	}
	return 1_000_000
}

// share gives each layer its part of a bitrate. What is left over from the least that each needs is shared by what is
// useful to each; the highest takes all the rest up to most. The highest stops where there is less than the least for each:
// on a path that has become narrow, large pictures would be those that are late. Before it begins (on says how many do) there
// must be a good deal more.
func share(heights []int, bitrate, most, on int) []int {
	parts := make([]int, len(heights))
	n := affordable(heights, bitrate, on)
	if n == 0 {
		return parts
	}
	left, room := bitrate, 0
	for i, height := range heights[:n] {
		parts[i] = min(leastBitrate(height), bitrate)
		left -= parts[i]
		room += usefulBitrate(height) - parts[i]
	}
	for i, height := range heights[:n] {
		if left > 0 && room > 0 {
			parts[i] += min(usefulBitrate(height)-parts[i], int(float64(usefulBitrate(height)-parts[i])*float64(left)/float64(room)))
		}
	}
	if rest := left - room; rest > 0 && parts[n-1] < most && n == len(heights) {
		parts[n-1] = min(parts[n-1]+rest, most)
	}
	return parts
}

// affordable is how many layers a bitrate is enough for; the lowest is always sent.
func affordable(heights []int, bitrate, on int) int {
	const more = 1.5 // times what a layer needs least, to begin
	n, needed := min(len(heights), 1), 0
	for i, height := range heights {
		least := leastBitrate(height)
		needed += least
		extra := 0
		if i >= on {
			extra = int((more - 1) * float64(least))
		}
		if i > 0 && bitrate < needed+extra {
			break
		}
		n = i + 1
	}
	return n
}
