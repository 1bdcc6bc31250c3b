package jingle

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
)

// recorded is a stanza of the recordings; the file's name ends in the client's.
func recorded(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse[M Message](t *testing.T, name string) M {
	t.Helper()
	m, err := Parse(recorded(t, name))
	if err != nil {
		t.Fatal(err)
	}
	got, ok := m.(M)
	if !ok {
		t.Fatalf("got %T, want %T", m, got)
	}
	return got
}

func TestTheRecordedOffer(t *testing.T) {
	offer := parse[*SessionInitiate](t, "session-initiate-a-alice")
	if offer.SID != "1uhl55odh1iuq" || offer.Initiator != "focus@auth.jitsi.test/focus" ||
		offer.BridgeSessionID != "38254518-8937-49a0-b171-ca6779a91f63" {
		t.Errorf("got %s of %s on %s", offer.SID, offer.Initiator, offer.BridgeSessionID)
	}
	opus := PayloadType{
		ID: 111, Name: "opus", ClockRate: 48000, Channels: 2,
		Parameters: []Parameter{{"minptime", "10"}, {"useinbandfec", "1"}},
		Feedback:   []Feedback{{Type: "transport-cc"}},
	}
	if got := offer.Audio.PayloadTypes[0]; !reflect.DeepEqual(got, opus) {
		t.Errorf("got %+v, want %+v", got, opus)
	}
	if got := offer.Audio.PayloadTypes[1]; got.Name != "telephone-event" || got.Channels != 1 {
		t.Errorf("got %+v", got)
	}
	if len(offer.Video.PayloadTypes) != 8 || !offer.Video.ExtmapAllowMixed || offer.Video.Media != Video {
		t.Errorf("got %+v", offer.Video)
	}
	wantExtensions := []HeaderExtension{
		{11, "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"},
		{10, "urn:ietf:params:rtp-hdrext:sdes:mid"},
		{3, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"},
		{5, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"},
	}
	if !reflect.DeepEqual(offer.Video.HeaderExtensions, wantExtensions) {
		t.Errorf("got %+v", offer.Video.HeaderExtensions)
	}
}

func TestThreeParametersInOneAreTakenApart(t *testing.T) {
	offer := parse[*SessionInitiate](t, "session-initiate-a-alice")
	for _, pt := range offer.Video.PayloadTypes {
		if pt.Name != "H264" {
			continue
		}
		want := []Parameter{{"profile-level-id", "42e01f"}, {"level-asymmetry-allowed", "1"}, {"packetization-mode", "1"}}
		if !reflect.DeepEqual(pt.Parameters, want) {
			t.Errorf("got %+v", pt.Parameters)
		}
	}
}

func TestTheRecordedTransport(t *testing.T) {
	offer := parse[*SessionInitiate](t, "session-initiate-a-alice")
	want := Transport{
		Ufrag: "961tc1k82ov255", Pwd: "3u91044r87vt94m52numu7mtrk",
		Fingerprint: Fingerprint{
			Hash: "sha-256", Setup: "actpass",
			Value: "41:5C:54:C1:12:A9:32:BB:CD:61:02:33:0C:A7:4D:B3:64:E7:01:93:5E:A0:E6:C7:27:15:67:10:19:0F:A9:8A",
		},
		Candidates: []Candidate{{
			Foundation: "1", Component: 1, Protocol: "udp", Priority: 2130706431,
			Addr: netip.MustParseAddrPort("127.0.0.1:10000"), Type: "host",
		}},
		WebSocketURL: "ws://127.0.0.1:9090/colibri-ws/jvb-lab/5181aec46283496c/5410b27b?pwd=TSLwMQcIyiGp8xMRyUPU2C0g",
	}
	if !reflect.DeepEqual(offer.Transport, want) {
		t.Errorf("got %+v", offer.Transport)
	}
}

func TestOffersOfOtherDeploymentsAndClients(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		sources    []string // names
	}{
		{"those who were there before are in the offer", "session-initiate-a-carol",
			[]string{"5410b27b-v0", "5410b27b-a0", "f6368c2e-v0", "f6368c2e-a0", "jvb-v0", "jvb-a0"}},
		{"without JSON all sources are XML", "session-initiate-j-minimal-alice", []string{"jvb-a0", "jvb-v0"}},
		{"in JSON the bridge has sources too", "session-initiate-j-nojson-alice", []string{"jvb-a0", "jvb-v0"}},
		{"without MID nothing else differs", "session-initiate-nomid-a-alice", []string{"jvb-v0", "jvb-a0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			offer := parse[*SessionInitiate](t, tt.file)
			var names []string
			for _, s := range offer.Sources {
				names = append(names, s.Name)
			}
			if !reflect.DeepEqual(names, tt.sources) {
				t.Errorf("got %q, want %q", names, tt.sources)
			}
		})
	}
}

func TestSourcesOfTheRecordings(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       []Source
	}{
		{"camera and microphone in JSON", "source-add-a-alice", []Source{
			{Name: "f6368c2e-v0", Endpoint: "f6368c2e", Media: Video, VideoType: Camera, SSRC: 1420732956, RTX: 2503808929},
			{Name: "f6368c2e-a0", Endpoint: "f6368c2e", Media: Audio, SSRC: 251190311},
		}},
		{"camera and microphone in XML", "source-add-j-nojson-alice", []Source{
			{Name: "b3132cdf-a0", Endpoint: "b3132cdf", Media: Audio, SSRC: 3583652720},
			{Name: "b3132cdf-v0", Endpoint: "b3132cdf", Media: Video, VideoType: Camera, SSRC: 3647299502, RTX: 800983568},
		}},
		{"a screen in JSON, retransmissions first", "source-add-c-bob-desktop", []Source{
			{Name: "edb6182f-v1", Endpoint: "edb6182f", Media: Video, VideoType: Desktop, SSRC: 4106147616, RTX: 3120031383},
		}},
		{"a screen in XML, retransmissions first", "source-add-j-nojson-alice-desktop", []Source{
			{Name: "b3132cdf-v1", Endpoint: "b3132cdf", Media: Video, VideoType: Desktop, SSRC: 4287274639, RTX: 1277820348},
		}},
		{"what a client itself announced, with layers", "our-source-add-c-alice", []Source{
			{Name: "edb6182f-v1", Endpoint: "edb6182f", Media: Video, VideoType: Desktop, SSRC: 4106147616, RTX: 3120031383,
				Other: []uint32{11586403, 1840581807, 3093783994, 4279602361}},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := parse[*SourceAdd](t, tt.file).Sources; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestOtherMessagesOfTheRecordings(t *testing.T) {
	if got := parse[*SourceRemove](t, "source-remove-f-alice"); len(got.Sources) != 2 || got.Sources[0].SSRC != 299144071 {
		t.Errorf("got %+v", got)
	}
	if got, want := *parse[*SessionTerminate](t, "session-terminate-g-alice"),
		(SessionTerminate{SID: "d67gh6jfoqlqi", Reason: "expired", Text: "Idle session timeout"}); got != want {
		t.Errorf("got %+v", got)
	}
	info := parse[*TransportInfo](t, "transport-info-i-alice")
	if info.Generation != 1 || info.Transport.Ufrag != "8fo3h1k82pssa2" || len(info.Transport.Candidates) != 1 ||
		info.Transport.Fingerprint.Setup != "passive" {
		t.Errorf("got %+v", info)
	}
}

func jingleXML(action, inside string) string {
	return `<iq xmlns='jabber:client' type='set'><jingle xmlns='urn:xmpp:jingle:1' sid='s' action='` + action + `'>` + inside + `</jingle></iq>`
}

func jsonXML(json string) string {
	return `<json-message xmlns='http://jitsi.org/jitmeet'>` + strings.ReplaceAll(json, `"`, "&quot;") + `</json-message>`
}

func sourceXML(media, inside string) string {
	return `<content name='` + media + `'><description xmlns='urn:xmpp:jingle:apps:rtp:1' media='` + media + `'>` + inside + `</description></content>`
}

func TestOddSources(t *testing.T) {
	const ssma = ` xmlns='urn:xmpp:jingle:apps:rtp:ssma:0'`
	for _, tt := range []struct {
		name, inside string
		want         []Source
	}{
		{"trailing arrays may be missing", jsonXML(`{"sources":{"e":[[{"s":1,"n":"e-v0"}]]}}`),
			[]Source{{Name: "e-v0", Endpoint: "e", Media: Video, VideoType: Camera, SSRC: 1}}},
		{"an endpoint without sources has none", jsonXML(`{"sources":{"e":[]}}`), []Source{}},
		{"later versions may add arrays", jsonXML(`{"sources":{"e":[[],[],[{"s":7,"n":"e-a0"}],[],{"new":1}]}}`),
			[]Source{{Name: "e-a0", Endpoint: "e", Media: Audio, SSRC: 7}}},
		{"layers are one source", jsonXML(`{"sources":{"e":[[{"s":2,"n":"e-v0"},{"s":1,"n":"e-v0"},{"s":3,"n":"e-v0"},{"s":4,"n":"e-v0"}],[["f",1,4],["s",1,2,3]]]}}`),
			[]Source{{Name: "e-v0", Endpoint: "e", Media: Video, VideoType: Camera, SSRC: 1, RTX: 4, Other: []uint32{2, 3}}}},
		{"an old client names no sources", sourceXML("video", `<source`+ssma+` ssrc='5'><ssrc-info xmlns='http://jitsi.org/jitmeet' owner='room@muc/e'/></source>`),
			[]Source{{Name: "e-v0", Endpoint: "e", Media: Video, VideoType: Camera, SSRC: 5}}},
		{"without ssrc-info the name tells the owner", sourceXML("audio", `<source`+ssma+` ssrc='5' name='e-a0'/>`),
			[]Source{{Name: "e-a0", Endpoint: "e", Media: Audio, SSRC: 5}}},
		{"a repeated SSRC counts once", jsonXML(`{"sources":{"e":[[{"s":1,"n":"e-v0"},{"s":1,"n":"e-v1"}]]}}`),
			[]Source{{Name: "e-v0", Endpoint: "e", Media: Video, VideoType: Camera, SSRC: 1}}},
		{"groups of nobody are ignored", jsonXML(`{"sources":{"e":[[{"s":1,"n":"e-v0"}],[["f",8,9],["x"]]]}}`),
			[]Source{{Name: "e-v0", Endpoint: "e", Media: Video, VideoType: Camera, SSRC: 1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Parse([]byte(jingleXML("source-add", tt.inside)))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.(*SourceAdd).Sources; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestErrorsNameWhatIsWrong(t *testing.T) {
	offer := string(recorded(t, "session-initiate-a-alice"))
	change := func(old, new string) string { return strings.ReplaceAll(offer, old, new) }
	const ssma = ` xmlns='urn:xmpp:jingle:apps:rtp:ssma:0'`
	var many strings.Builder
	for i := range maxSources + 1 {
		fmt.Fprintf(&many, `<source%s ssrc='%d' name='e-a0'/>`, ssma, i+1)
	}
	for _, tt := range []struct{ name, stanza, says string }{
		{"cut off", offer[:len(offer)/2], "malformed XML"},
		{"no jingle", `<iq/>`, "no jingle element"},
		{"no sid", change(`sid='1uhl55odh1iuq'`, ""), "no sid"},
		{"a short fingerprint", change("41:5C:", ""), "no digest of sha-256"},
		{"a fingerprint of another hash", change("'sha-256'", "'md5'"), `unknown hash "md5"`},
		{"a fingerprint that is no hex", change("41:5C", "41:ZZ"), "no digest"},
		{"an unknown setup", change("setup='actpass'", "setup='holdconn'"), `unknown setup "holdconn"`},
		{"no fingerprint", change("<fingerprint", "<finger"+"print2"), ""},
		{"no transport", change("<transport", "<transport2"), ""},
		{"no password", change("pwd='3u91044r87vt94m52numu7mtrk'", ""), "no pwd"},
		{"an SDP line in the password", change("pwd='3u91044r87vt94m52numu7mtrk'", "pwd='x&#10;a=evil'"), "blanks"},
		{"a candidate's port is none", change("port='10000'", "port='100000'"), `port "100000"`},
		{"a candidate's address is none", change("ip='127.0.0.1'", "ip='localhost'"), `ip "localhost"`},
		{"a candidate of unknown type", change("type='host'", "type='guest'"), `unknown type "guest"`},
		{"a payload type out of range", change("id='111'", "id='128'"), `id "128"`},
		{"a clock rate that is none", change("clockrate='48000'", "clockrate='fast'"), `clockrate "fast"`},
		{"an extension without a number", change("id='10'", "id='0'"), "sdes:mid"},
		{"other media", change("media='audio'", "media='smell'"), `unknown media "smell"`},
		{"an SSRC out of range", jingleXML("source-add", sourceXML("audio", `<source`+ssma+` ssrc='4294967296' name='e-a0'/>`)), "ssrc"},
		{"an SSRC of 0", jingleXML("source-add", sourceXML("audio", `<source`+ssma+` ssrc='0' name='e-a0'/>`)), "SSRC 0"},
		{"a source of nobody", jingleXML("source-add", sourceXML("audio", `<source`+ssma+` ssrc='3'/>`)), "no owner"},
		{"JSON that is none", jingleXML("source-add", jsonXML(`{"sources"`)), "malformed JSON"},
		{"a JSON source that is a number", jingleXML("source-add", jsonXML(`{"sources":{"e":[[5]]}}`)), "array 1"},
		{"a JSON SSRC below 0", jingleXML("source-add", jsonXML(`{"sources":{"e":[[{"s":-1}]]}}`)), "endpoint e"},
		{"a JSON group that is empty", jingleXML("source-add", jsonXML(`{"sources":{"e":[[],[[]]]}}`)), "empty group"},
		{"too many sources", jingleXML("source-add", sourceXML("audio", many.String())), "more than"},
		{"too many candidates", jingleXML("transport-info", `<content name='audio'><transport xmlns='urn:xmpp:jingle:transports:ice-udp:1'>`+
			strings.Repeat("<candidate/>", maxCandidates+1)+`</transport></content>`), "257 candidates"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.stanza))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got error %v, want one that says %q", err, tt.says)
			}
		})
	}
}

func TestUnknownActionsAreTold(t *testing.T) {
	if _, err := Parse([]byte(jingleXML("dance", ""))); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

func TestAGroupTakesNoSSRCOfSomebodyElse(t *testing.T) {
	const text = `{"sources":{"a":[[{"s":7,"n":"a-v0"}]],"b":[[{"s":9,"n":"b-v0"}],[["f",7,9],["s",7,9],["f",9,7]]]}}`
	var c collector
	if err := c.addJSON(text); err != nil {
		t.Fatal(err)
	}
	got := c.list()
	if len(got) != 2 || got[0].SSRC != 7 || got[0].RTX != 0 || got[1].SSRC != 9 || got[1].RTX != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestAZoneOfAnAddressIsDropped(t *testing.T) {
	got, err := parseAddr("fe80::1%a b", "9")
	if err != nil || got.String() != "[fe80::1]:9" {
		t.Errorf("got %s, %v", got, err)
	}
}
