// Package elements holds the three elements, jitsibin, jitsisrc and jitsisink: their properties, pads, signals, messages
// and state changes. One goroutine an element takes the conference's events and moves the media; see controller.
package elements

import (
	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/jingle"
)

// kind is what an element does.
type kind struct {
	name, typeName, longName, class, description string

	send, receive bool
}

var kinds = []kind{
	{"jitsibin", "GstJitsiBin", "Jitsi Meet participant", "Generic/Bin/Network/WebRTC",
		"Sends to a Jitsi Meet conference and receives from it, as one participant", true, true},
	{"jitsisrc", "GstJitsiSrc", "Jitsi Meet source", "Source/Network/WebRTC",
		"Receives the participants of a Jitsi Meet conference", false, true},
	{"jitsisink", "GstJitsiSink", "Jitsi Meet sink", "Sink/Network/WebRTC",
		"Sends audio and video to a Jitsi Meet conference", true, false},
}

// Register registers the elements; plugin_init calls it.
func Register(plugin gst.Plugin) bool {
	registerState()
	registerCongestionMode()
	ok := true
	for _, k := range kinds {
		t := registerType(k)
		gstx.PadsAreChildren(t)
		gstx.RefClass(t)
		ok = gst.ElementRegister(plugin, k.name, uint(gst.RankNone), t) && ok
	}
	gst.TypeMarkAsPluginAPI(stateType, 0)
	gst.TypeMarkAsPluginAPI(gstx.SourcePadType(), 0)
	gst.TypeMarkAsPluginAPI(congestionType, 0)
	gst.TypeMarkAsPluginAPI(gstx.SinkPadType(), 0)
	gst.TypeMarkAsPluginAPI(gstx.VideoTypeType(), 0)
	return ok
}

func registerType(k kind) gobject.Type {
	return gst.RegisterBinSubClass(
		k.typeName,
		func(class *gst.BinClass) { classInit(class, k) },
		func() *element { return &element{kind: k} },
		gst.BinOverrides[*element]{
			ElementOverrides: gst.ElementOverrides[*element]{
				ChangeState:   (*element).changeState,
				RequestNewPad: (*element).requestNewPad,
				ReleasePad:    (*element).releasePad,
				SendEvent:     (*element).sendEvent,
				ObjectOverrides: gst.ObjectOverrides[*element]{
					InitiallyUnownedOverrides: gobject.InitiallyUnownedOverrides[*element]{
						ObjectOverrides: gobject.ObjectOverrides[*element]{
							InstanceInit: (*element).instanceInit,
							Constructed:  (*element).constructed,
							SetProperty:  (*element).setProperty,
							GetProperty:  (*element).getProperty,
							Finalize:     (*element).finalize,
						},
					},
				},
			},
		},
		eventSignals(),
	)
}

func classInit(class *gst.BinClass, k kind) {
	ec := class.ParentClass()
	// SetStaticMetadata of the bindings frees the strings that GStreamer keeps.
	ec.SetMetadata(k.longName, k.class, k.description, "The gst-jitsi developers")
	for _, t := range padTemplates(k) {
		caps := gst.CapsFromString(media.PadCaps(t.media))
		kind := gstx.SourcePadType()
		if t.direction == gst.PadSink {
			kind = gstx.SinkPadType()
		}
		ec.AddPadTemplate(gst.NewPadTemplateWithGType(t.name, t.direction, gst.PadRequest, caps, kind))
	}
	oc := ec.ParentClass().ParentClass().ParentClass() // GstObject, GInitiallyUnowned, GObject
	oc.InstallProperties(paramSpecs())
	gstx.HandleInner(class, func(self gobject.Object, m gstx.InnerMessage) { self.(*element).onInner(m) })
	t := gstx.ClassType(gst.UnsafeBinClassToGlibNone(class))
	registerActions(t)
}

type padTemplate struct {
	name      string
	direction gst.PadDirection
	media     jingle.Media
}

// padTemplates lists video first: jitsisrc ! autovideosink takes the first one.
func padTemplates(k kind) []padTemplate {
	sink, src := "", ""
	if k.send && k.receive {
		sink, src = "sink_", "src_"
	}
	var templates []padTemplate
	for _, m := range []jingle.Media{jingle.Video, jingle.Audio} {
		if k.send {
			templates = append(templates, padTemplate{string(m) + "_" + sink + "%u", gst.PadSink, m})
		}
		if k.receive {
			templates = append(templates, padTemplate{string(m) + "_" + src + "%s", gst.PadSrc, m})
		}
	}
	return templates
}
