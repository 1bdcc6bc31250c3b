package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// What the bridge sends, in the recorded order of fields.

type dominantSpeaker struct {
	Class    string   `json:"colibriClass"`
	Endpoint string   `json:"dominantSpeakerEndpoint"`
	Previous []string `json:"previousSpeakers"`
	Silence  bool     `json:"silence"`
}

type serverHello struct {
	Class string `json:"colibriClass"`
}

type forwardedSources struct {
	Class   string   `json:"colibriClass"`
	Sources []string `json:"forwardedSources"`
}

type connectionStats struct {
	Class     string `json:"colibriClass"`
	Bandwidth int    `json:"estimatedDownlinkBandwidth"`
}

type relayedMessage struct {
	Class   string          `json:"colibriClass"`
	To      string          `json:"to"`
	From    string          `json:"from"`
	Payload json.RawMessage `json:"msgPayload"`
}

// sourceConstraints is written by hand, with blanks where the real bridge has them.
func sourceConstraints(name string, height int) string {
	quoted, err := json.Marshal(name)
	if err != nil {
		panic(err) // strings always marshal
	}
	return fmt.Sprintf(`{"colibriClass":"SenderSourceConstraints", "sourceName":%s, "maxHeight":%d}`, quoted, height)
}

// What clients send. A field that is absent changes nothing.

type receiverVideoConstraints struct {
	Class              string                     `json:"colibriClass"`
	LastN              *int                       `json:"lastN"`
	SelectedSources    *[]string                  `json:"selectedSources"`
	OnStageSources     *[]string                  `json:"onStageSources"`
	DefaultConstraints *videoConstraint           `json:"defaultConstraints"`
	Constraints        map[string]videoConstraint `json:"constraints"`
	AssumedBandwidth   *int64                     `json:"assumedBandwidthBps"`
}

type videoConstraint struct {
	MaxHeight    int      `json:"maxHeight"`
	MaxFrameRate *float64 `json:"maxFrameRate"`
}

// receiverAudioSubscription has two forms: the fields of today, and the mode and list of before, which win where there is a mode.
type receiverAudioSubscription struct {
	Class   string   `json:"colibriClass"`
	All     bool     `json:"all"`
	Include []string `json:"include"`
	Exclude []string `json:"exclude"`
	Mode    string   `json:"mode"`
	List    []string `json:"list"`
}

type sourceVideoType struct {
	Class     string `json:"colibriClass"`
	Source    string `json:"sourceName"`
	VideoType string `json:"videoType"`
}

type endpointMessage struct {
	Class   string          `json:"colibriClass"`
	To      string          `json:"to"`
	Payload json.RawMessage `json:"msgPayload"`
}

// readStrictly refuses a message with a field that isn't known, as the real bridge does.
func readStrictly(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the message")
	}
	return nil
}

// audioSubscription is what a receiver wants of audio.
type audioSubscription struct {
	all              bool
	include, exclude []string // names; to exclude counts more
}

// subscription understands the message, as the real bridge's ReceiverAudioSubscriptionMessage.fromJson.
func (m receiverAudioSubscription) subscription() (audioSubscription, error) {
	switch m.Mode {
	case "":
		return audioSubscription{m.All, m.Include, m.Exclude}, nil
	case "All":
		return audioSubscription{all: true}, nil
	case "None":
		return audioSubscription{}, nil
	case "Include":
		return audioSubscription{include: m.List}, nil
	case "Exclude":
		return audioSubscription{all: true, exclude: m.List}, nil
	}
	return audioSubscription{}, fmt.Errorf("unknown mode %q", m.Mode)
}

func (a audioSubscription) wants(name string) bool {
	if slices.Contains(a.exclude, name) {
		return false
	}
	return a.all || slices.Contains(a.include, name)
}
