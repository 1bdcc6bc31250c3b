package colibri

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Message is what the bridge says: one of the pointers to the types below.
type Message interface{ message() }

type (
	// ServerHello is the bridge's first message on a new channel.
	ServerHello struct {
		Version string `json:"version"`
	}
	// ForwardedSources names the video sources that the bridge sends us now.
	ForwardedSources struct {
		Sources []string `json:"forwardedSources"`
	}
	// DominantSpeaker names who speaks now, and who did before.
	DominantSpeaker struct {
		Endpoint string   `json:"dominantSpeakerEndpoint"`
		Previous []string `json:"previousSpeakers"`
		Silence  bool     `json:"silence"`
	}
	// SenderSourceConstraints is the height that somebody wants of one of our sources; 0: nobody watches.
	SenderSourceConstraints struct {
		SourceName string `json:"sourceName"`
		MaxHeight  int    `json:"maxHeight"`
	}
	// ConnectionStats is the bridge's estimate of what it can send us, in bit/s.
	ConnectionStats struct {
		EstimatedDownlinkBandwidth float64 `json:"estimatedDownlinkBandwidth"`
	}
	// EndpointStats is what another endpoint says of its own connection.
	EndpointStats struct {
		From              string  `json:"from"`
		ConnectionQuality float64 `json:"connectionQuality"`
		JVBRTT            float64 `json:"jvbRTT"` // milliseconds
		MaxHeight         int     `json:"maxEnabledResolution"`
	}
	// EndpointMessage is a message of another endpoint.
	EndpointMessage struct {
		From    string          `json:"from"`
		To      string          `json:"to"`
		Payload json.RawMessage `json:"msgPayload"`
	}
	// VideoSourcesMap and AudioSourcesMap tell whose media rewritten SSRCs carry.
	VideoSourcesMap struct {
		Sources []MappedSource `json:"mappedSources"`
	}
	// AudioSourcesMap is the same for audio.
	AudioSourcesMap struct {
		Sources []MappedSource `json:"mappedSources"`
	}
)

// MappedSource is one entry of a source map.
type MappedSource struct {
	Name      string `json:"source"`
	Owner     string `json:"owner"`
	SSRC      uint32 `json:"ssrc"`
	RTX       uint32 `json:"rtx"`
	VideoType string `json:"videoType"` // CAMERA or DESKTOP
	MID       string `json:"mid"`       // with MID demultiplexing
}

func (*ServerHello) message()             {}
func (*ForwardedSources) message()        {}
func (*DominantSpeaker) message()         {}
func (*SenderSourceConstraints) message() {}
func (*ConnectionStats) message()         {}
func (*EndpointStats) message()           {}
func (*EndpointMessage) message()         {}
func (*VideoSourcesMap) message()         {}
func (*AudioSourcesMap) message()         {}

// ErrUnknown says that a message's class is none that we know: later bridges may send more.
var ErrUnknown = errors.New("unknown class")

func newMessage(class string) Message {
	switch class {
	case "ServerHello":
		return &ServerHello{}
	case "ForwardedSources":
		return &ForwardedSources{}
	case "DominantSpeakerEndpointChangeEvent":
		return &DominantSpeaker{}
	case "SenderSourceConstraints":
		return &SenderSourceConstraints{}
	case "ConnectionStats":
		return &ConnectionStats{}
	case "EndpointStats":
		return &EndpointStats{}
	case "EndpointMessage":
		return &EndpointMessage{}
	case "VideoSourcesMap":
		return &VideoSourcesMap{}
	case "AudioSourcesMap":
		return &AudioSourcesMap{}
	}
	return nil
}

// Parse reads one message of the channel.
func Parse(data []byte) (Message, error) {
	var head struct {
		Class string `json:"colibriClass"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("malformed JSON: %.200s", err) // which may quote a number of any length
	}
	m := newMessage(head.Class)
	if m == nil {
		return nil, fmt.Errorf("%w %.64q", ErrUnknown, head.Class)
	}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("malformed %s: %.200s", head.Class, err)
	}
	return m, nil
}
