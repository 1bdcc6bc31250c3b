package colibri

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

// The messages are of the recordings.
func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       Message
	}{
		{"greeting", `{"colibriClass":"ServerHello"}`, &ServerHello{}},
		{"forwarded sources", `{"colibriClass":"ForwardedSources","forwardedSources":["f6368c2e-v0","4823112e-v0"]}`,
			&ForwardedSources{Sources: []string{"f6368c2e-v0", "4823112e-v0"}}},
		{"dominant speaker", `{"colibriClass":"DominantSpeakerEndpointChangeEvent","dominantSpeakerEndpoint":"5410b27b","previousSpeakers":["f6368c2e"],"silence":false}`,
			&DominantSpeaker{Endpoint: "5410b27b", Previous: []string{"f6368c2e"}}},
		{"nobody watches", `{"colibriClass":"SenderSourceConstraints", "sourceName":"5410b27b-v0", "maxHeight":0}`,
			&SenderSourceConstraints{SourceName: "5410b27b-v0"}},
		{"estimate", `{"colibriClass":"ConnectionStats","estimatedDownlinkBandwidth":9555099}`,
			&ConnectionStats{EstimatedDownlinkBandwidth: 9555099}},
		{"stats of another endpoint", `{"colibriClass":"EndpointStats","from":"f6368c2e","bitrate":{"download":124,"upload":179,"audio":{"download":24,"upload":25},"video":{"download":100,"upload":154}},"connectionQuality":25.571428571428573,"jvbRTT":3,"maxEnabledResolution":720,"packetLoss":{"download":0,"total":0,"upload":0},"serverRegion":null}`,
			&EndpointStats{From: "f6368c2e", ConnectionQuality: 25.571428571428573, JVBRTT: 3, MaxHeight: 720}},
		{"message of another endpoint", `{"colibriClass":"EndpointMessage","to":"8ed9439c","from":"b687ce73","msgPayload":{"id":1,"type":"e2e-ping-request"}}`,
			&EndpointMessage{From: "b687ce73", To: "8ed9439c", Payload: json.RawMessage(`{"id":1,"type":"e2e-ping-request"}`)}},
		{"rewritten video", `{"colibriClass":"VideoSourcesMap","mappedSources":[{"source":"4be82288-v1","owner":"4be82288","ssrc":931067185,"rtx":4045994404,"videoType":"DESKTOP","mid":"v2"}]}`,
			&VideoSourcesMap{Sources: []MappedSource{{Name: "4be82288-v1", Owner: "4be82288", SSRC: 931067185, RTX: 4045994404, VideoType: "DESKTOP", MID: "v2"}}}},
		{"rewritten audio", `{"colibriClass":"AudioSourcesMap","mappedSources":[{"source":"f4a3e61b-a0","owner":"f4a3e61b","ssrc":1353002527}]}`,
			&AudioSourcesMap{Sources: []MappedSource{{Name: "f4a3e61b-a0", Owner: "f4a3e61b", SSRC: 1353002527}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse([]byte(tt.data))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		unknown    bool
	}{
		{"what is no JSON", `{"colibriClass":`, false},
		{"another kind of JSON", `[1]`, false},
		{"a field of another type", `{"colibriClass":"ForwardedSources","forwardedSources":"x"}`, false},
		{"an SSRC out of range", `{"colibriClass":"AudioSourcesMap","mappedSources":[{"ssrc":-1}]}`, false},
		{"an unknown class", `{"colibriClass":"Later"}`, true},
		{"no class", `{}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Parse([]byte(tt.data))
			if err == nil || m != nil || errors.Is(err, ErrUnknown) != tt.unknown {
				t.Errorf("got %+v, %v", m, err)
			}
		})
	}
}

func TestWhatWeSendLooksAsRecorded(t *testing.T) {
	for _, tt := range []struct {
		name    string
		message any
		want    string
	}{
		{"constraints", ReceiverVideoConstraints{LastN: -1, DefaultConstraints: VideoConstraints{MaxHeight: 720}},
			`{"colibriClass":"ReceiverVideoConstraints","lastN":-1,"defaultConstraints":{"maxHeight":720},"constraints":{}}`},
		{"a chosen source", ReceiverVideoConstraints{LastN: 1, SelectedSources: []string{"a-v0"}, Constraints: map[string]VideoConstraints{"a-v0": {MaxHeight: 180}}},
			`{"colibriClass":"ReceiverVideoConstraints","lastN":1,"selectedSources":["a-v0"],"defaultConstraints":{"maxHeight":0},"constraints":{"a-v0":{"maxHeight":180}}}`},
		{"a video type", SourceVideoType{SourceName: "5410b27b-v0", VideoType: "camera"},
			`{"colibriClass":"SourceVideoTypeMessage","sourceName":"5410b27b-v0","videoType":"camera"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(tt.message)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

func TestASubscriptionToSoundIsWrittenAsBridgesReadIt(t *testing.T) {
	for want, m := range map[string]ReceiverAudioSubscription{
		`{"colibriClass":"ReceiverAudioSubscription","mode":"None"}`:                                         {},
		`{"colibriClass":"ReceiverAudioSubscription","mode":"All"}`:                                          {All: true, Sources: []string{"5410b27b-a0"}},
		`{"colibriClass":"ReceiverAudioSubscription","mode":"Include","list":["5410b27b-a0","f6368c2e-a0"]}`: {Sources: []string{"5410b27b-a0", "f6368c2e-a0"}},
	} {
		if got, err := json.Marshal(m); err != nil || string(got) != want {
			t.Errorf("%+v: %s, %v", m, got, err)
		}
	}
}
