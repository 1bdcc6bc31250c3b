package elements

import (
	"github.com/go-gst/go-glib/pkg/gobject/v2"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/conference"
)

// conferenceState is conference.State as a GEnum.
type conferenceState conference.State

var stateType gobject.Type

var stateNicks = []string{"disconnected", "connecting", "lobby", "joined", "in-session", "reconnecting", "left"}

func registerState() {
	names := []string{"DISCONNECTED", "CONNECTING", "LOBBY", "JOINED", "IN_SESSION", "RECONNECTING", "LEFT"}
	var values []gstx.EnumValue
	for i, nick := range stateNicks {
		values = append(values, gstx.EnumValue{Value: int32(i), Name: "GST_JITSI_STATE_" + names[i], Nick: nick})
	}
	stateType = gstx.RegisterEnum("GstJitsiState", values)
}

// GoValueType makes the bindings take it for the enumeration.
func (conferenceState) GoValueType() gobject.Type { return stateType }

// SetGoValue puts it into a GValue.
func (s conferenceState) SetGoValue(v *gobject.Value) { v.SetEnum(int32(s)) }

func (s conferenceState) nick() string { return stateNicks[s] }
