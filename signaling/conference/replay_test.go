package conference

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
)

// TestRecordedConferences plays the server's side of each recording to a Conference, line by line. What the
// recorded client did, ours is told to do, and what it then says is compared with what the other one said. What
// the recorded client understood (its events), ours must have understood from the same lines.
func TestRecordedConferences(t *testing.T) {
	for _, name := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newReplay(t, readRecording(t, name)).run()
		})
	}
}

// replay is one recording on its way through a Conference.
type replay struct {
	t      *testing.T
	lines  []line
	at     line // that is played now
	server *server
	bridge *replayBridge
	guest  *guest
	room   string // its address
	me     string
	log    *lockedLog

	told  []string // events of ours that no line of the recording has confirmed yet
	owed  []string // events of the recorded client that ours has not had yet
	model model    // what the recorded client's events say
	left  bool
}

func newReplay(t *testing.T, lines []line) *replay {
	r := &replay{t: t, lines: lines, model: newModel(), log: &lockedLog{}}
	r.room = firstMatch(lines, "xmpp", "C>S", `<presence to="([^"/]*)/`)
	r.me = firstMatch(lines, "xmpp", "C>S", `<presence to="[^"/]*/([^"]*)"`)
	r.server = newServer(t)
	r.bridge = newReplayBridge(t)
	for part, pattern := range map[string]string{
		"xmpp-bind":   `(<iq .*xmpp-bind.*)`,
		"extdisco":    `(<iq .*<services .*)`,
		"<conference": `(<iq .*<conference .*ready='true'.*)`,
	} {
		recorded := firstMatch(lines, "xmpp", "S>C", pattern)
		r.server.answers[part] = regexp.MustCompile(` id='[^']*'`).ReplaceAllString(recorded, " id='ID'")
	}
	r.server.answers[`<x xmlns="http://jabber.org/protocol/muc"`] = "" // comes with the recording
	r.start()
	return r
}

// start joins as whom the recorded client joined, with the features that it had.
func (r *replay) start() {
	cfg := testConfig(r.server)
	cfg.Room, cfg.MUCDomain, _ = strings.Cut(r.room, "@")
	cfg.EndpointID = r.me
	cfg.Nick = firstMatch(r.lines, "xmpp", "C>S", `<nick [^>]*>([^<]*)<`)
	cfg.Codecs = strings.Split(firstMatch(r.lines, "xmpp", "C>S", `<jitsi_participant_codecList>([^<]*)<`), ",")
	cfg.SSRCRewriting = firstMatch(r.lines, "xmpp", "C>S", `"(http://jitsi.org/ssrc-rewriting-1)"`) != ""
	cfg.Loggers = &logging.DefaultLoggerFactory{Writer: r.log, DefaultLogLevel: logging.LogLevelWarn, ScopeLevels: map[string]logging.LogLevel{}}
	r.guest = start(r.t, cfg)
}

func (r *replay) run() {
	ours := r.server.expect(`<presence `, `<x xmlns="http://jabber.org/protocol/muc"`)
	joined := slices.IndexFunc(r.lines, func(l line) bool {
		return l.Is("xmpp", "C>S") && strings.Contains(l.Text, `<x xmlns="http://jabber.org/protocol/muc"`)
	})
	r.same(r.lines[joined].Text, ours, "stats-id", "c[", "SourceInfo")
	for i, l := range r.lines[joined+1:] {
		r.at = l
		r.play(l)
		if r.left {
			break
		}
		if next := joined + 2 + i; next < len(r.lines) && r.lines[next].Time.Sub(l.Time) > time.Second {
			r.compare()
		}
	}
	if !r.left {
		r.leave()
	}
	r.bridge.compare(r)
}

func (r *replay) failf(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf("line %d, %s %s %.200s\n%s\nlog: %s", r.at.Number, r.at.Channel, r.at.Direction, r.at.Text, fmt.Sprintf(format, args...), r.log)
}

func (r *replay) play(l line) {
	switch {
	case l.Is("xmpp", "S>C"):
		r.serverSays(l.Text)
	case l.Is("xmpp", "C>S"):
		r.clientSays(l.Text)
	case l.Channel == "colibri":
		r.bridge.play(r, l)
	case l.Channel == "event":
		r.understood(l.Text)
	}
}

var channelURL = regexp.MustCompile(`(<web-socket [^>]*url=')[^']*`)

// serverSays leaves out answers to the recorded client, and what belongs to its stream (XEP-0198, resumption).
func (r *replay) serverSays(stanza string) {
	kind := attribute(stanza, "type")
	isIQ := strings.HasPrefix(stanza, "<iq ")
	if isIQ && (kind == "result" || kind == "error") || !isIQ && !strings.HasPrefix(stanza, "<presence ") && !strings.HasPrefix(stanza, "<message ") {
		return
	}
	switch {
	case strings.Contains(stanza, `action='session-terminate'`):
		r.bridge.conn = nil // we close it
	case strings.Contains(stanza, `action='session-initiate'`):
		stanza = channelURL.ReplaceAllString(stanza, "${1}"+r.bridge.nextURL())
	}
	stanza = r.namesOurCaps(stanza)
	removed := attribute(stanza, "from") == r.room+"/"+r.me && kind == "unavailable"
	r.server.send(stanza)
	switch {
	case removed:
		r.kicked()
	case isIQ:
		r.answered(stanza)
	default:
		r.settle()
	}
}

// namesOurCaps makes the focus ask for what we announced, not for what the recorded client did.
func (r *replay) namesOurCaps(stanza string) string {
	info := r.guest.cfg.info()
	return regexp.MustCompile(`node='https://jitsi.org/jitsi-meet#[^']*'`).ReplaceAllString(stanza, "node='"+info.Node+"#"+info.Ver()+"'")
}

// answered compares our answer's kind with that of the recorded one, where there was one.
func (r *replay) answered(request string) {
	id := attribute(request, "id")
	ours := r.server.expect(`<iq `, `id="`+id+`"`)
	want := "result"
	for _, l := range r.lines {
		if l.Is("xmpp", "C>S") && attribute(l.Text, "id") == id {
			want = attribute(l.Text, "type")
		}
	}
	if got := attribute(ours, "type"); got != want {
		r.failf("we answer %s, want %s", ours, want)
	}
	r.settle()
}

// settle waits until all that was sent has been understood: by an answer on each way, then by a turn of the
// owner of the truth, whose news are published after the turn before.
func (r *replay) settle() {
	r.server.send(`<iq type='get' id='settle' from='` + r.room + `/focus' xmlns='jabber:client'><settle xmlns='urn:settle'/></iq>`)
	r.server.expect(`id="settle"`)
	r.bridge.settle(r)
	done := make(chan struct{})
	r.guest.inbox.push(func(*stay) { close(done) })
	select {
	case <-done:
	case <-time.After(patience):
		r.failf("the stay has ended")
	}
}

// kicked is the end of the stay.
func (r *replay) kicked() {
	var got *Error
	if err := r.guest.end(); !errors.As(err, &got) || got.Reason != Kicked {
		r.failf("the stay ends with %v", err)
	}
	r.left = true
}

func (r *replay) leave() {
	r.guest.cancel()
	if err := r.guest.end(); err != nil {
		r.failf("leaving gives %v", err)
	}
	for e := range r.guest.Events() {
		r.note(e)
	}
	r.left = true
	for _, want := range append(r.owed, "left") {
		r.confirm(want)
	}
	for _, told := range r.told {
		if told != "session ended" && !strings.HasPrefix(told, "removed ") { // all of it goes with us
			r.failf("the recorded client knows nothing of %q", told)
		}
	}
	if s := r.log.String(); s != "" && r.bridge.calm {
		r.failf("there are warnings")
	}
}

// same compares facts, but for those that contain one of the texts.
func (r *replay) same(recorded, ours string, but ...string) {
	r.t.Helper()
	relevant := func(stanza string) []string {
		return slices.DeleteFunc(facts(r.t, stanza), func(fact string) bool {
			return slices.ContainsFunc(but, func(text string) bool { return strings.Contains(fact, text) })
		})
	}
	want, got := relevant(recorded), relevant(ours)
	for _, fact := range want {
		if !slices.Contains(got, fact) {
			r.failf("we don't say %s, but\n%s", fact, strings.Join(got, "\n"))
		}
	}
	for _, fact := range got {
		if !slices.Contains(want, fact) {
			r.failf("the recorded client doesn't say %s, but\n%s", fact, strings.Join(want, "\n"))
		}
	}
}

// understood compares what the recorded client understood with what we did.
func (r *replay) understood(event string) {
	var e recordedEvent
	if err := json.Unmarshal([]byte(event), &e); err != nil {
		r.failf("%v", err)
	}
	r.model.apply(e)
	r.owed = append(r.owed, e.ours()...)
	// Those who were there before us are told when all of them are known, and the web client takes its sources away
	// before it ends a session by itself, ours after it.
	if !r.model.joined || r.endsSession() {
		return
	}
	for _, want := range r.owed {
		r.confirm(want)
	}
	r.owed = nil
	if e.Kind == "bridge-channel-closed" && r.guest.Snapshot().State == InSession {
		r.confirm("channel closed")
	}
	if e.Kind == "track-mute" && e.Participant != r.me {
		r.isMuted(e.Source, e.Muted)
	}
}

func (r *replay) endsSession() bool {
	for _, l := range r.lines[r.at.Number:] {
		if l.Time.Sub(r.at.Time) > 200*time.Millisecond {
			return false
		}
		if l.Is("xmpp", "C>S") && strings.Contains(l.Text, `action="session-terminate"`) {
			return true
		}
	}
	return false
}

func (r *replay) isMuted(source string, want bool) {
	for _, p := range r.guest.Snapshot().Participants {
		for _, s := range p.Sources {
			if s.Name == source && s.Muted == want {
				return
			}
		}
	}
	r.failf("for us %s isn't muted %v: %+v", source, want, r.guest.Snapshot().Participants)
}

// confirm takes one of our events from those that wait for a line of the recording, and waits for it where it is
// on its way.
func (r *replay) confirm(want string) {
	r.t.Helper()
	late := time.After(patience)
	for {
		if i := slices.Index(r.told, want); i >= 0 {
			r.told = slices.Delete(r.told, i, i+1)
			return
		}
		select {
		case e, open := <-r.guest.Events():
			if !open {
				r.failf("we have not understood %q, but %q", want, r.told)
			}
			r.note(e)
		case <-late:
			r.failf("we have not understood %q, but %q", want, r.told)
		}
	}
}

// note keeps what one of our events says, in the words of recordedEvent.ours.
func (r *replay) note(e Event) {
	switch e := e.(type) {
	case ParticipantJoined:
		r.told = append(r.told, "joined "+e.Participant.ID+" "+e.Participant.Nick)
	case ParticipantLeft:
		r.told = append(r.told, "left "+e.Participant.ID)
	case SourceAdded:
		r.told = append(r.told, "added "+describe(e.Source))
	case SourceRemoved:
		r.told = append(r.told, "removed "+describe(e.Source))
	case DominantSpeaker:
		r.told = append(r.told, "speaker "+e.ID)
	case SessionStarted:
		r.told = append(r.told, "session")
	case BridgeChannel:
		r.told = append(r.told, map[bool]string{true: "channel open", false: "channel closed"}[e.Open])
	case BridgeNotAvailable:
		r.told = append(r.told, "no bridge")
	case EndpointMessage:
		r.told = append(r.told, "message "+compact(e.Payload))
	case StateChanged:
		if e.State == Left {
			r.told = append(r.told, "left")
		}
	}
}
