package scenarios

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/captures"
	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/xmltree"
)

// player plays a recorded scenario against a local deployment: what clients sent is sent in the recorded order, each
// thing after all that had come before it in the recording has come again.
type player struct {
	t        *testing.T
	scenario scenario
	local    *deployment.Deployment
	ctx      context.Context
	clients  map[string]*client
	known    names
	features map[string]*xmltree.Element
	accepted *accepted
	latest   map[string]int // the place of the last message of a sort, by client and sort
}

// patience is how long something that isn't listed as missing may take.
const patience = 10 * time.Second

func (p *player) play(lines []captures.Line) {
	for _, line := range lines {
		c := p.clients[line.Client]
		if c == nil {
			c = newClient(p.ctx, line.Client, p.features)
			p.clients[line.Client] = c
			p.t.Cleanup(c.close)
		}
		if err := p.step(c, line); err != nil {
			p.t.Fatalf("%s: %s %s: %v", line.Client, line.Channel, line.Direction, err)
		}
	}
	for _, name := range sortedKeys(p.clients) {
		p.finish(p.clients[name])
	}
}

func (p *player) step(c *client, line captures.Line) error {
	switch line.Channel + " " + line.Direction {
	case "note ---":
		return p.command(line.Text)
	case "xmpp OPEN":
		_, query, _ := strings.Cut(strings.Fields(line.Text)[0], "?")
		return c.openStream(p.local.WebSocketURL() + "?" + p.today(query))
	case "colibri OPEN":
		if err := c.openChannel(p.today(strings.Fields(line.Text)[0])); err != nil {
			c.channel = nil // the recording goes on with CLOSED
		}
	case "colibri OPENED":
		if c.channel == nil {
			p.differs(c, "channel", "doesn't open")
		}
	case "colibri CLOSED":
		p.closed(c, line.Text)
	case "xmpp C>S":
		if err := c.say(p.today(line.Text)); err != nil {
			return err
		}
		return p.joined(line.Text)
	case "colibri C>S":
		if c.channel != nil {
			c.write(c.channel, p.today(line.Text))
		}
	case "xmpp S>C", "colibri S>C":
		return p.expect(c, line)
	}
	return nil
}

// joined waits until the focus has seen who joins. Who comes first becomes moderator, and in some recordings the next
// comes a few milliseconds later.
func (p *player) joined(text string) error {
	e, err := xmltree.Parse(text)
	if err != nil || e.Name != "presence" || e.Child("http://jabber.org/protocol/muc", "x") == nil {
		return err
	}
	_, who, _ := strings.Cut(e.Attr("to"), "/")
	_, err = p.local.WaitFor(p.ctx, deployment.Kind(events.Joined, who))
	return err
}

// command does what was done to the real servers.
func (p *player) command(note string) error {
	switch note {
	case "JVB killed with SIGKILL":
		p.local.KillBridge()
	case "JVB killed with SIGKILL and started again at once":
		p.local.KillBridge()
		return p.local.ReviveBridge()
	case "JVB killed with SIGTERM":
		p.local.KillBridge()
		return p.local.MoveSessions(p.scenario.room())
	case "JVB http port open":
		return p.local.ReviveBridge()
	case "JVB SIGSTOP":
		p.local.FreezeBridge(true)
	case "JVB SIGCONT":
		p.local.FreezeBridge(false)
	}
	return nil
}

// today puts today's names in the place of recorded ones, the longest first: some are parts of others.
func (p *player) today(text string) string {
	recorded := sortedKeys(p.known)
	slices.SortStableFunc(recorded, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, name := range recorded {
		const shortest = 8 // shorter ones could be anything
		if len(name) >= shortest {
			pairs = append(pairs, name, p.known[name])
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// expect waits for the message that the recorded client got.
func (p *player) expect(c *client, line captures.Line) error {
	want, err := readMessage(line.Channel, line.Text)
	if err != nil {
		return err
	}
	if want.element != nil && want.element.Space == nsStreamManagement && (want.element.Name == "r" || want.element.Name == "a") {
		return nil // how much is counted when is Prosody's own affair
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for late := p.accepted.lists(p.scenario.name, c.name, want.key, want.missing()); ; {
		c.mu.Lock()
		if p.told(c, want) {
			c.mu.Unlock()
			return nil
		}
		got, found, fresh := p.find(c, want, late)
		changed := c.changed
		if got != nil {
			got.matched = true
		}
		c.mu.Unlock()
		if got != nil {
			for name, today := range fresh {
				p.known[name] = today
			}
			for _, text := range found {
				p.differs(c, want.key, text)
			}
			p.inOrder(c, want, got)
			return nil
		}
		if late {
			p.differs(c, want.key, want.missing())
			return nil
		}
		select {
		case <-changed:
		case <-timeout.C:
			late = true
		}
	}
}

func (m *message) missing() string {
	if m.element != nil {
		return "is missing"
	}
	return "is missing: " + m.text
}

// told says whether a message about the state of things would say nothing new.
func (p *player) told(c *client, want *message) bool {
	if want.key != "colibri ForwardedSources" && want.key != "colibri SenderSourceConstraints" {
		return false
	}
	for _, m := range slices.Backward(c.received) {
		if m.key == want.key {
			if found, _ := p.known.compare(want, m); len(found) > 0 {
				return false
			}
			m.matched = true
			return true
		}
	}
	return false
}

// find looks for a message that is the wanted one, or differs only as it's listed. When it's late any of the sort will
// do, unless that is listed as missing.
func (p *player) find(c *client, want *message, late bool) (got *message, found []string, fresh names) {
	var first *message
	for _, m := range c.received {
		if m.matched || m.key != want.key {
			continue
		}
		found, fresh := p.known.compare(want, m)
		if len(found) == 0 {
			return m, nil, fresh
		}
		if first == nil {
			first = m
		}
	}
	if first == nil {
		return nil, nil, nil
	}
	found, fresh = p.known.compare(want, first)
	listed := !slices.ContainsFunc(found, func(text string) bool { return !p.accepted.lists(p.scenario.name, c.name, want.key, text) })
	if listed || late && !p.accepted.lists(p.scenario.name, c.name, want.key, want.missing()) {
		return first, found, fresh
	}
	return nil, nil, nil
}

// inOrder complains about what has come before something that it came after in the recording. Sorts of messages have
// different senders on the real servers, and any order among each other.
func (p *player) inOrder(c *client, want, got *message) {
	var sort string
	switch {
	case strings.HasPrefix(want.key, "presence"):
		sort = "presence"
	case strings.HasPrefix(want.key, "set jingle"):
		sort = "jingle"
	default:
		sort = want.key
	}
	place := c.name + " " + sort
	if last, ok := p.latest[place]; ok && got.order < last {
		p.differs(c, want.key, "comes too early")
		return
	}
	p.latest[place] = got.order
}

// closed is for the end of a channel: 1005 is the client's own, others are the bridge's.
func (p *player) closed(c *client, text string) {
	conn := c.channel
	c.channel = nil
	if conn == nil {
		return
	}
	if strings.HasPrefix(text, "code=1005") {
		conn.CloseNow()
		<-c.ended
		return
	}
	select {
	case <-c.ended:
		want := strings.Fields(strings.TrimPrefix(text, "code="))[0]
		if got := fmt.Sprint(int(c.status)); want != "1006" && got != want {
			p.differs(c, "channel", fmt.Sprintf("is closed with %s, recorded %s", got, want))
		}
	case <-time.After(patience):
		p.differs(c, "channel", "stays open, recorded "+text)
		conn.CloseNow()
	}
}

// finish complains about what nobody expected.
func (p *player) finish(c *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.received {
		if !m.matched {
			p.differs(c, m.key, "is not in the recording: "+m.text)
		}
	}
	for _, failure := range c.failures {
		p.t.Errorf("%s: %s", c.name, failure)
	}
}

func (p *player) differs(c *client, key, text string) {
	if !p.accepted.take(p.scenario.name, c.name, key, text) {
		const most = 1500
		if len(text) > most {
			text = text[:most] + "…"
		}
		p.t.Errorf("%s: %s: %s", c.name, key, text)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
