package conference

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const lobbyRoom = "cap-a@lobby.jitsi.test"

// membersOnly makes the room refuse us as one with a lobby does.
func membersOnly(s *server) {
	s.answers[`to="`+testRoom+`/`+testID+`"><x `] = `<presence from='` + testRoom + `/` + testID + `' to='` + testJID + `' type='error' xmlns='jabber:client'>` +
		`<error type='auth' code='407'><registration-required xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>` +
		`<lobbyroom xmlns='http://jitsi.org/jitmeet'>` + lobbyRoom + `</lobbyroom></error>` +
		`<lobbyroom>` + lobbyRoom + `</lobbyroom><x xmlns='http://jabber.org/protocol/muc'/></presence>`
	s.answers[`to="`+lobbyRoom+`/`+testID+`"><x `] = inLobby(testID, "<status code='110'/>")
}

func inLobby(id, more string) string {
	return fmt.Sprintf(`<presence from='%s/%s' to='%s' xmlns='jabber:client'><nick xmlns='http://jabber.org/protocol/nick'>%[2]s</nick>`+
		`<x xmlns='http://jabber.org/protocol/muc#user'><item role='participant' affiliation='none' jid='%[2]s@jitsi.test/r'/>%[4]s</x></presence>`, lobbyRoom, id, testJID, more)
}

func outOfLobby(more string) string {
	return fmt.Sprintf(`<presence from='%s/%s' to='%s' type='unavailable' xmlns='jabber:client'><x xmlns='http://jabber.org/protocol/muc#user'>%s</x></presence>`,
		lobbyRoom, testID, testJID, more)
}

func waitInLobby(t *testing.T) (*server, *guest) {
	t.Helper()
	s := newServer(t)
	membersOnly(s)
	g := start(t, testConfig(s))
	g.reaches(Connecting, Lobby)
	if e := next[LobbyWaiting](g); e != (LobbyWaiting{ID: testID, Nick: "alice", Own: true}) {
		t.Errorf("got %+v", e)
	}
	s.expect(`to="` + lobbyRoom)
	return s, g
}

// letIn makes the room take us now.
func (s *server) letIn() { s.set(`to="`+testRoom+`/`+testID+`"><x `, nil) }

func TestBeingAdmitted(t *testing.T) {
	for _, tt := range []struct{ name, stanza, password string }{
		{"by an invitation", `<message from='` + testRoom + `' to='` + testJID + `' xmlns='jabber:client'><x xmlns='http://jabber.org/protocol/muc#user'><invite from='` + testRoom + `/f6368c2e'><reason/></invite></x></message>`, ""},
		{"by one with a password", `<message from='` + testRoom + `' to='` + testJID + `' xmlns='jabber:client'><x xmlns='http://jabber.org/protocol/muc#user'><invite from='` + testRoom + `/f6368c2e'/><password>opensesame</password></x></message>`, "opensesame"},
		{"by the end of the lobby", outOfLobby(`<item role='none'/><destroy jid='` + testRoom + `'/>`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, g := waitInLobby(t)
			s.letIn()
			s.send(tt.stanza)
			if p := s.expect(`<presence `, `to="`+testRoom+`/`); tt.password != "" && !strings.Contains(p, "<password>"+tt.password) {
				t.Errorf("we enter by %s", p)
			}
			g.reaches(Connecting, Joined)
		})
	}
}

func TestWhoEntersTheRoomLeavesTheLobby(t *testing.T) {
	s, g := waitInLobby(t)
	s.letIn()
	s.send(`<message from='` + testRoom + `' to='` + testJID + `' xmlns='jabber:client'><x xmlns='http://jabber.org/protocol/muc#user'><invite/></x></message>`)
	s.expect(`<presence `, `to="`+lobbyRoom, `type="unavailable"`)
	g.reaches(Connecting, Joined)
}

func TestInvitationsOfAnybodyElseAreNone(t *testing.T) {
	s, g := waitInLobby(t)
	for _, from := range []string{testRoom + "/f6368c2e", lobbyRoom, "mallory@jitsi.test/r"} {
		s.send(`<message from='` + from + `' to='` + testJID + `' xmlns='jabber:client'><x xmlns='http://jabber.org/protocol/muc#user'><invite/></x></message>`)
	}
	s.send(`<iq type='get' id='last' from='a@b/c' xmlns='jabber:client'><zap xmlns='urn:zap'/></iq>`)
	s.expect(`id="last"`)
	if state := g.Snapshot().State; state != Lobby {
		t.Errorf("we are %s", state)
	}
}

func TestNotBeingAdmitted(t *testing.T) {
	for _, tt := range []struct {
		name, stanza string
		want         Reason
		says         string
	}{
		{"denied", outOfLobby(`<item role='none'/><status code='307'/><status code='110'/>`), MembersOnly, "denied"},
		{"the conference ends meanwhile", outOfLobby(`<item role='none'/><destroy><reason>over</reason></destroy>`), ConferenceEnded, "over"},
		{"there is no lobby", strings.Replace(roomAnswer("item-not-found"), testRoom, lobbyRoom, 1), MembersOnly, lobbyRoom},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, g := waitInLobby(t)
			s.send(tt.stanza)
			var got *Error
			if err := g.end(); !errors.As(err, &got) || got.Reason != tt.want || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheServerGoesWhileWeWait(t *testing.T) {
	s, g := waitInLobby(t)
	s.hangUp()
	var got *Error
	if err := g.end(); !errors.As(err, &got) || got.Reason != Unreachable {
		t.Errorf("got %v", err)
	}
}

// A moderator is in the lobby, too.
func TestAModeratorAdmitsAndDenies(t *testing.T) {
	s := newServer(t)
	s.answers[`disco#info`] = `<iq from='` + testRoom + `' to='` + testJID + `' type='result' id='ID' xmlns='jabber:client'><query xmlns='http://jabber.org/protocol/disco#info'>` +
		`<x xmlns='jabber:x:data' type='result'><field var='muc#roominfo_meetingId'><value>1</value></field><field var='muc#roominfo_lobbyroom'><value>` + lobbyRoom + `</value></field></x></query></iq>`
	s.answers[`to="`+lobbyRoom+`/`+testID+`"><x `] = inLobby(testID, "<status code='110'/>")
	g := start(t, testConfig(s))
	g.reaches(Connecting, Joined)
	s.expect(`<presence `, `to="`+testRoom+`/`)
	s.send(presenceOf(testID, "moderator", `<status code='110'/>`))
	next[RoleChanged](g)
	s.expect(`<presence `, `to="`+lobbyRoom+`/`)

	s.send(strings.Replace(inLobby("4823112e", ""), "affiliation='none'", "affiliation='owner'", 1)) // another moderator
	s.send(inLobby("f6368c2e", ""))
	s.send(inLobby("f6368c2e", "")) // again is nothing new
	s.send(inLobby("41f4bfdb", ""))
	for _, want := range []string{"f6368c2e", "41f4bfdb"} {
		if got := next[LobbyWaiting](g); got != (LobbyWaiting{ID: want, Nick: want}) {
			t.Errorf("got %+v", got)
		}
	}
	g.Admit("f6368c2e")
	s.expect(`<message `, `to="`+testRoom+`"`, `<invite to="f6368c2e@jitsi.test/r">`)
	g.Deny("41f4bfdb")
	s.expect(`to="`+lobbyRoom+`"`, `<item nick="41f4bfdb" role="none">`)
	g.Admit("nobody")
	g.Deny("nobody")
	g.SendChat("last", "")
	if m := s.expect("<"); !strings.Contains(m, "last") {
		t.Errorf("somebody is admitted whom there is not: %s", m)
	}
}
