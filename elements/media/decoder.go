package media

import (
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/signaling/jingle"
)

// factoryTypeDecoder is GST_ELEMENT_FACTORY_TYPE_DECODER.
const factoryTypeDecoder gst.ElementFactoryListType = 1

// decoderFor picks the decoder with the highest rank that makes raw media in system memory.
func decoderFor(codec Codec) (string, error) {
	encoded := gst.CapsFromString(withoutAlpha(codec))
	raw := gst.CapsFromString(codec.Raw)
	var best gst.ElementFactory
	for _, factory := range gst.ElementFactoryListGetElements(factoryTypeDecoder, gst.RankMarginal) {
		if !factory.CanSinkAnyCaps(encoded) || !factory.CanSrcAnyCaps(raw) {
			continue
		}
		if best == nil || factory.GetRank() > best.GetRank() {
			best = factory
		}
	}
	if best == nil {
		return "", &MissingElementError{Purpose: "decoder for " + codec.Caps}
	}
	return best.GetName(), nil
}

// withoutAlpha keeps away decoders for pictures with transparency, which rank above the plain ones.
func withoutAlpha(codec Codec) string {
	if codec.Media == jingle.Video {
		return codec.Caps + ",codec-alpha=(boolean)false"
	}
	return codec.Caps
}
