package elements

import (
	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

// eventNames are the signals; each also comes as an element message jitsi-NAME with the same structure.
var eventNames = []string{
	"state-changed", "participant-joined", "participant-changed", "participant-left",
	"source-added", "source-removed", "source-muted", "dominant-speaker",
	"chat-message", "mute-requested", "kicked", "lobby-waiting", "bridge-changed", "target-bitrate",
}

func eventSignals() map[string]gobject.SignalDefinition {
	signals := map[string]gobject.SignalDefinition{}
	for _, name := range eventNames {
		signals[name] = gobject.SignalDefinition{
			Flags: gobject.SignalRunLast, ParamTypes: []gobject.Type{gst.TypeStructure}, ReturnType: gobject.TypeNone,
		}
	}
	return signals
}

// announceEvent tells the application, on a goroutine where its handlers may block or call back.
func (c *controller) announceEvent(event conference.Event) {
	name, s := eventStructure(event, c.conf.EndpointID())
	if s == nil {
		return
	}
	c.announce.put(func() {
		defer gstx.Recover(c.e, "signal "+name)
		c.e.Emit(name, s)
		c.e.PostMessage(gst.NewMessageElement(c.e, s))
	})
}

// eventStructure tells of one who has the endpoint id own.
func eventStructure(event conference.Event, own string) (string, *gst.Structure) {
	var name string
	fields := map[string]any{}
	switch ev := event.(type) {
	case conference.StateChanged:
		name, fields["state"], fields["id"] = "state-changed", conferenceState(ev.State).nick(), own
	case conference.ParticipantJoined:
		return "participant-joined", participantStructure("jitsi-participant-joined", ev.Participant)
	case conference.ParticipantChanged:
		return "participant-changed", participantStructure("jitsi-participant-changed", ev.Participant)
	case conference.ParticipantLeft:
		return "participant-left", participantStructure("jitsi-participant-left", ev.Participant)
	case conference.SourceAdded:
		return "source-added", sourceStructure("jitsi-source-added", ev.Source)
	case conference.SourceRemoved:
		return "source-removed", sourceStructure("jitsi-source-removed", ev.Source)
	case conference.DominantSpeaker:
		name, fields["id"] = "dominant-speaker", ev.ID
	case conference.SourceMuted:
		name = "source-muted"
		fields["participant-id"], fields["source-name"], fields["muted"] = ev.Participant, ev.Source, ev.Muted
	case conference.ChatMessage:
		name = "chat-message"
		fields["id"], fields["text"], fields["private"] = ev.From, ev.Text, ev.Private
	case conference.MuteRequested:
		name = "mute-requested"
		fields["media"], fields["video-type"], fields["by"] = string(ev.Media), string(ev.VideoType), ev.By
	case conference.KickedOut:
		name, fields["by"], fields["reason"] = "kicked", ev.By, ev.Reason
	case conference.LobbyWaiting:
		name, fields["id"], fields["nick"], fields["own"] = "lobby-waiting", ev.ID, ev.Nick, ev.Own
	case conference.BridgeChanged:
		name, fields["bridge"], fields["reason"] = "bridge-changed", ev.Bridge, ev.Reason
	default:
		return "", nil
	}
	return name, structure("jitsi-"+name, fields)
}

func structure(name string, fields map[string]any) *gst.Structure {
	s := gst.NewStructureEmpty(name)
	for field, value := range fields {
		gstx.SetField(s, field, value)
	}
	return s
}

func participantStructure(name string, p conference.Participant) *gst.Structure {
	sources := gst.NewStructureEmpty("sources")
	for _, source := range p.Sources {
		gstx.SetField(sources, source.Name, structure("source", map[string]any{
			"muted": source.Muted, "video-type": string(source.VideoType),
		}))
	}
	return structure(name, map[string]any{"id": p.ID, "nick": p.Nick, "jid": p.JID, "role": p.Role, "sources": sources})
}

func sourceStructure(name string, s jingle.Source) *gst.Structure {
	return structure(name, map[string]any{
		"participant-id": s.Endpoint, "source-name": s.Name, "media": string(s.Media),
		"video-type": string(s.VideoType), "ssrc": s.SSRC,
	})
}

func participantsStructure(snapshot conference.Snapshot) *gst.Structure {
	s := gst.NewStructureEmpty("jitsi-participants")
	for _, p := range snapshot.Participants {
		gstx.SetField(s, p.ID, participantStructure("participant", p))
	}
	return s
}
