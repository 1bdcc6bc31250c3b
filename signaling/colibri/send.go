package colibri

import "encoding/json"

// MarshalJSON adds the class, and the empty map that the bridge insists on.
func (r ReceiverVideoConstraints) MarshalJSON() ([]byte, error) {
	type fields ReceiverVideoConstraints
	if r.Constraints == nil {
		r.Constraints = map[string]VideoConstraints{}
	}
	return json.Marshal(struct {
		Class string `json:"colibriClass"`
		fields
	}{"ReceiverVideoConstraints", fields(r)})
}

// MarshalJSON writes modes and a list, which bridges of all ages understand; later ones have fields of their own, too.
func (r ReceiverAudioSubscription) MarshalJSON() ([]byte, error) {
	message := struct {
		Class string   `json:"colibriClass"`
		Mode  string   `json:"mode"`
		List  []string `json:"list,omitempty"`
	}{Class: "ReceiverAudioSubscription", Mode: "All"}
	switch {
	case r.All:
	case len(r.Sources) == 0:
		message.Mode = "None"
	default:
		message.Mode, message.List = "Include", r.Sources
	}
	return json.Marshal(message)
}

// SourceVideoType tells the bridge what one of our video sources shows: none while it is muted.
type SourceVideoType struct {
	SourceName string `json:"sourceName"`
	VideoType  string `json:"videoType"` // none, camera or desktop
}

// MarshalJSON adds the class.
func (s SourceVideoType) MarshalJSON() ([]byte, error) {
	type fields SourceVideoType
	return json.Marshal(struct {
		Class string `json:"colibriClass"`
		fields
	}{"SourceVideoTypeMessage", fields(s)})
}

// PeerMessage goes to another endpoint over the bridge; to all where To is empty (k-alice).
type PeerMessage struct {
	Payload json.RawMessage `json:"msgPayload"`
	To      string          `json:"to"`
}

// MarshalJSON adds the class.
func (m PeerMessage) MarshalJSON() ([]byte, error) {
	type fields PeerMessage
	return json.Marshal(struct {
		Class string `json:"colibriClass"`
		fields
	}{"EndpointMessage", fields(m)})
}

// OwnStats is what we tell the others of our connection, through the bridge (a-alice).
type OwnStats struct {
	Bitrate           OwnBitrate `json:"bitrate"`
	ConnectionQuality float64    `json:"connectionQuality"`    // per cent
	RTT               int        `json:"jvbRTT"`               // to the bridge, milliseconds
	MaxHeight         int        `json:"maxEnabledResolution"` // the highest that we send, pixels
	PacketLoss        OwnLoss    `json:"packetLoss"`
	ServerRegion      *string    `json:"serverRegion"` // null where it is unknown
}

// OwnBitrate is in kbit/s.
type OwnBitrate struct {
	Rates
	Audio Rates `json:"audio"`
	Video Rates `json:"video"`
}

// Rates are kbit/s.
type Rates struct {
	Download int `json:"download"`
	Upload   int `json:"upload"`
}

// OwnLoss is in per cent of the packets.
type OwnLoss struct {
	Download int `json:"download"`
	Total    int `json:"total"`
	Upload   int `json:"upload"`
}

// MarshalJSON adds the class.
func (o OwnStats) MarshalJSON() ([]byte, error) {
	type fields OwnStats
	return json.Marshal(struct {
		Class string `json:"colibriClass"`
		fields
	}{"EndpointStats", fields(o)})
}
