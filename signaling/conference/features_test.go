package conference

import (
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// hears reads the channel up to a message that contains part.
func (b *fakeBridge) hears(conn *websocket.Conn, part string) string {
	b.t.Helper()
	for {
		_, data, err := conn.Read(b.t.Context())
		if err != nil {
			b.t.Fatalf("no %s came: %v", part, err)
		}
		if strings.Contains(string(data), part) {
			return string(data)
		}
	}
}

func TestSSRCRewritingIsAnnouncedOnlyWhereAskedFor(t *testing.T) {
	var cfg Config
	plain := cfg.info()
	cfg.SSRCRewriting = true
	rewriting := cfg.info()
	if plain.Ver() != ourInfo.Ver() || len(rewriting.Features) != len(plain.Features)+1 ||
		rewriting.Features[len(plain.Features)] != "http://jitsi.org/ssrc-rewriting-1" || plain.Ver() == rewriting.Ver() {
		t.Errorf("got %v and %v", plain.Features, rewriting.Features)
	}
}

func TestARewrittenSSRCMovesFromOneSourceToAnother(t *testing.T) {
	s, g, b := inSession(t)
	conn := <-b.conns
	const videoMap = `{"colibriClass":"VideoSourcesMap","mappedSources":[`
	b.say(conn, videoMap+`{"source":"a-v0","owner":"a","ssrc":7,"rtx":8,"videoType":"CAMERA","mid":"v0"}]}`)
	got := next[SourceAdded](g).Source
	if got.Name != "a-v0" || got.Endpoint != "a" || got.SSRC != 7 || got.RTX != 8 || got.VideoType != jingle.Camera || got.MID != "v0" || !got.Rewritten {
		t.Errorf("got %+v", got)
	}
	b.say(conn, videoMap+`{"source":"b-v1","owner":"b","ssrc":7,"rtx":8,"videoType":"DESKTOP_HIGH_FPS","mid":"v0"}]}`)
	if got := next[SourceRemoved](g).Source; got.Name != "a-v0" {
		t.Errorf("got %+v", got)
	}
	if got := next[SourceAdded](g).Source; got.Name != "b-v1" || got.VideoType != jingle.Desktop {
		t.Errorf("got %+v", got)
	}
	for _, broken := range []string{`{"source":"","owner":"a","ssrc":9}`, `{"source":"a-v0","owner":null,"ssrc":9}`, `{"source":"a-v0","owner":"a","ssrc":0}`} {
		b.say(conn, videoMap+broken+`]}`)
	}
	b.say(conn, `{"colibriClass":"AudioSourcesMap","mappedSources":[{"source":"b-a0","owner":"b","ssrc":11}]}`)
	if got := next[SourceAdded](g).Source; got.Name != "b-a0" || got.Media != jingle.Audio || got.VideoType != "" {
		t.Errorf("got %+v", got)
	}
	s.send(unavailableOf("b", ""))
	next[SourceRemoved](g)
	next[SourceRemoved](g)
}

func TestPingsOfOthersAreAnsweredAndNobodyElsesBusiness(t *testing.T) {
	_, g, b := inSession(t)
	conn := <-b.conns
	b.say(conn, `{"colibriClass":"EndpointMessage","to":"5410b27b","from":"b687ce73","msgPayload":{"id":3,"type":"e2e-ping-request"}}`)
	const want = `{"colibriClass":"EndpointMessage","msgPayload":{"id":3,"type":"e2e-ping-response"},"to":"b687ce73"}`
	if got := b.hears(conn, "e2e-ping"); got != want {
		t.Errorf("got %s", got)
	}
	b.say(conn, `{"colibriClass":"EndpointMessage","to":"","from":"b687ce73"}`) // without payload: ignored
	b.say(conn, `{"colibriClass":"EndpointMessage","to":"","from":"b687ce73","msgPayload":{"type":"t","x":1}}`)
	if got := next[EndpointMessage](g); got.From != "b687ce73" || string(got.Payload) != `{"type":"t","x":1}` {
		t.Errorf("got %+v", got)
	}
}

func TestOurFiguresAreReportedAsTheWebClientDoes(t *testing.T) {
	s := newServer(t)
	cfg := testConfig(s)
	cfg.StatsInterval = time.Millisecond
	g := start(t, cfg)
	g.reaches(Connecting, Joined)
	b := newFakeBridge(t)
	g.SetStats(colibri.OwnStats{ConnectionQuality: 100, RTT: 1, MaxHeight: 720})
	s.send(offerOn(t, b, "sid"))
	conn := <-b.conns
	const zero = `{"download":0,"upload":0}`
	const want = `{"colibriClass":"EndpointStats","bitrate":{"download":0,"upload":0,"audio":` + zero + `,"video":` + zero + `},` +
		`"connectionQuality":100,"jvbRTT":1,"maxEnabledResolution":720,"packetLoss":{"download":0,"total":0,"upload":0},"serverRegion":null}`
	if got := b.hears(conn, "EndpointStats"); got != want {
		t.Errorf("got %s", got)
	}
	g.SetStats(colibri.OwnStats{MaxHeight: 180})
	b.hears(conn, `"maxEnabledResolution":180`)
}

func TestChat(t *testing.T) {
	s, g := join(t)
	say := func(from, kind, content string) {
		s.send(`<message from='` + testRoom + from + `' to='` + testJID + `' type='` + kind + `' xmlns='jabber:client'>` + content + `</message>`)
	}
	say("", "groupchat", `<subject/>`)
	say("/"+testID, "groupchat", `<body>what we said</body>`)
	say("/f6368c2e", "error", `<body>what we said</body>`)
	say("/f6368c2e", "groupchat", `<json-message xmlns='http://jitsi.org/jitmeet'>{malformed</json-message>`)
	say("/f6368c2e", "groupchat", `<body>hello &lt;world&gt;</body>`)
	if got := next[ChatMessage](g); got != (ChatMessage{From: "f6368c2e", Text: "hello <world>"}) {
		t.Errorf("got %+v", got)
	}
	say("/f6368c2e", "chat", `<body>psst</body>`)
	if got := next[ChatMessage](g); got != (ChatMessage{From: "f6368c2e", Text: "psst", Private: true}) {
		t.Errorf("got %+v", got)
	}
	g.SendChat("<hi>", "")
	s.expect(`<message `, `to="`+testRoom+`"`, `type="groupchat"`, `<body>&lt;hi&gt;</body>`)
	g.SendChat("hi", "f6368c2e")
	s.expect(`<message `, `to="`+testRoom+`/f6368c2e"`, `type="chat"`, `<body>hi</body>`)
}

func TestModeration(t *testing.T) {
	s, g := join(t)
	mute := func(id, from, what, yes string) {
		s.send(`<iq from='` + testRoom + from + `' to='` + testJID + `' type='set' id='` + id + `' xmlns='jabber:client'>` +
			`<mute actor='` + testRoom + `/41f4bfdb' xmlns='http://jitsi.org/jitmeet/` + what + `'>` + yes + `</mute></iq>`)
	}
	mute("m1", "/41f4bfdb", "audio", "true")
	s.expect(`id="m1"`, "forbidden")
	mute("m2", "/focus", "audio", "false")
	s.expect(`id="m2"`, `type="result"`)
	mute("m3", "/focus", "desktop", "true")
	s.expect(`id="m3"`, `type="result"`)
	if got := next[MuteRequested](g); got != (MuteRequested{Media: jingle.Video, VideoType: jingle.Desktop, By: "41f4bfdb"}) {
		t.Errorf("got %+v", got)
	}
	g.Kick("f6368c2e", "bye")
	s.expect(`to="`+testRoom+`"`, `http://jabber.org/protocol/muc#admin`, `<item nick="f6368c2e" role="none"><reason>bye</reason>`)
	g.MuteParticipant("f6368c2e", jingle.Audio)
	s.expect(`to="`+testRoom+`/focus"`, `<mute xmlns="http://jitsi.org/jitmeet/audio" jid="`+testRoom+`/f6368c2e">true</mute>`)
}

func TestTheFocusWithoutABridgeIsReportedOnce(t *testing.T) {
	s, g := join(t)
	const none = `<bridgeNotAvailable xmlns='http://jitsi.org/protocol/focus'/></presence>`
	without := strings.Replace(presenceOf("focus", "moderator", ""), "</presence>", none, 1)
	s.send(without)
	next[BridgeNotAvailable](g)
	s.send(without)
	s.send(presenceOf("focus", "moderator", ""))
	s.send(presenceOf("f6368c2e", "participant", ""))
	next[ParticipantJoined](g)
	s.send(without)
	next[BridgeNotAvailable](g)
}

func TestOurRoleIsKnown(t *testing.T) {
	s, g := join(t)
	if got := g.Snapshot().Role; got != "participant" {
		t.Errorf("got %q", got)
	}
	s.send(presenceOf(testID, "moderator", `<status code='110'/>`))
	if got := next[RoleChanged](g).Role; got != "moderator" || g.Snapshot().Role != "moderator" {
		t.Errorf("got %q", got)
	}
}
