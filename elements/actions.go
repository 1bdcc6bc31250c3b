package elements

import (
	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// action is an action signal: what an application asks the conference for. It never waits; what is refused is in the log.
type action struct {
	name   string
	params int // strings
	run    func(*controller, []string)
}

var actions = []action{
	{"send-chat", 2, func(c *controller, args []string) { c.conf.SendChat(args[0], args[1]) }},
	{"kick", 1, func(c *controller, args []string) { c.conf.Kick(args[0], "") }},
	{"mute-participant", 2, func(c *controller, args []string) { c.muteParticipant(args[0], args[1]) }},
	{"select", 2, func(c *controller, args []string) { c.selectVideo(args[0], args[1]) }},
	{"request-key-frame", 1, func(c *controller, args []string) { c.requestKeyFrame(args[0]) }},
	{"admit", 1, func(c *controller, args []string) { c.conf.Admit(args[0]) }},
	{"deny", 1, func(c *controller, args []string) { c.conf.Deny(args[0]) }},
	{"leave", 0, func(c *controller, _ []string) { c.leave() }},
}

func registerActions(t gobject.Type) {
	for _, a := range actions {
		params := make([]gobject.Type, a.params)
		for i := range params {
			params[i] = gobject.TypeString
		}
		gstx.ActionSignal(t, a.name, gobject.TypeNone, params, func(self gobject.Object, values []any) any {
			args := make([]string, len(values))
			for i, v := range values {
				args[i], _ = v.(string) // NULL is empty
			}
			self.(*element).controlling(func(c *controller) { a.run(c, args) })
			return nil
		})
	}
}

func (c *controller) muteParticipant(id, media string) {
	switch m := jingle.Media(media); m {
	case jingle.Audio, jingle.Video:
		c.conf.MuteParticipant(id, m)
	default:
		gstx.Log.Logf(gst.LevelWarning, c.e, "mute-participant: %q is neither audio nor video", media)
	}
}

func (c *controller) requestKeyFrame(source string) {
	for _, s := range c.streams {
		if s.Source.Name == source {
			s.RequestKeyFrame()
			return
		}
	}
	gstx.Log.Logf(gst.LevelWarning, c.e, "request-key-frame: nothing of a source %q arrives", source)
}
