// Package colibri holds the JSON messages of the channel between an endpoint and the bridge.
package colibri

// ReceiverVideoConstraints asks the bridge for video. Without it the bridge sends none. An unknown field
// makes the bridge refuse the whole message.
type ReceiverVideoConstraints struct {
	LastN              int                         `json:"lastN"` // -1: no limit
	SelectedSources    []string                    `json:"selectedSources,omitempty"`
	OnStageSources     []string                    `json:"onStageSources,omitempty"`
	DefaultConstraints VideoConstraints            `json:"defaultConstraints"`
	Constraints        map[string]VideoConstraints `json:"constraints"` // by source name
}

// ReceiverAudioSubscription asks the bridge for the sound of these sources and no other. A bridge that was told nothing sends
// everybody's; one that does not know the message refuses it, and goes on to.
type ReceiverAudioSubscription struct {
	All     bool     // everybody's
	Sources []string // unless All: their names
}

// VideoConstraints limits one source.
type VideoConstraints struct {
	MaxHeight int `json:"maxHeight"` // pixels; 0: send nothing
}
