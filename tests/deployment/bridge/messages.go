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

type receiverAudioSubscription struct {
	Class string   `json:"colibriClass"`
	Mode  string   `json:"mode"`
	List  []string `json:"list"`
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

// audioSubscription is what a receiver wants of audio: everything, unless it says otherwise.
type audioSubscription struct {
	mode string
	list []string
}

func (a audioSubscription) wants(name string) bool {
	switch a.mode {
	case "None":
		return false
	case "Include":
		return slices.Contains(a.list, name)
	case "Exclude":
		return !slices.Contains(a.list, name)
	}
	return true
}
