package focus

import (
	"context"
	"fmt"

	"gstjitsi/tests/deployment/xmltree"
)

// Kick puts a participant out of its room.
func (f *Focus) Kick(ctx context.Context, roomName, endpoint, reason string) error {
	item := xmltree.New("", "item", "nick", endpoint, "role", "none")
	if reason != "" {
		item.Add(xmltree.New("", "reason").SetText(reason))
	}
	return f.administer(ctx, roomName, xmltree.New(nsMUCAdmin, "query").Add(item))
}

// Grant makes a participant a moderator.
func (f *Focus) Grant(ctx context.Context, roomName, endpoint string) error {
	var jid string
	err := f.call(func() error {
		p, err := f.find(roomName, endpoint)
		if err == nil {
			jid = bare(p.jid)
		}
		return err
	})
	if err != nil {
		return err
	}
	return f.administer(ctx, roomName, xmltree.New(nsMUCAdmin, "query").Add(xmltree.New("", "item", "affiliation", "owner", "jid", jid)))
}

// Lock sets a room's password; an empty one opens the room again. The room must be there already.
func (f *Focus) Lock(ctx context.Context, roomName, password string) error {
	protected := "1"
	if password == "" {
		protected = "0"
	}
	return f.configure(ctx, roomName, "muc#roomconfig_roomsecret", password, "muc#roomconfig_passwordprotectedroom", protected)
}

// MembersOnly lets in nobody but members, or everybody again.
func (f *Focus) MembersOnly(ctx context.Context, roomName string, on bool) error {
	value := "0"
	if on {
		value = "1"
	}
	return f.configure(ctx, roomName, "muc#roomconfig_membersonly", value)
}

// Destroy ends a room for everybody in it.
func (f *Focus) Destroy(ctx context.Context, roomName, reason string) error {
	destroy := xmltree.New("", "destroy")
	if reason != "" {
		destroy.Add(xmltree.New("", "reason").SetText(reason))
	}
	return f.administer(ctx, roomName, xmltree.New(nsMUCOwner, "query").Add(destroy))
}

// Mute asks a participant to mute its audio or its video, as a moderator of the focus' own name.
func (f *Focus) Mute(roomName, endpoint string, video bool) error {
	return f.call(func() error {
		p, err := f.find(roomName, endpoint)
		if err != nil {
			return err
		}
		space := nsMuteAudio
		if video {
			space = nsMuteVideo
		}
		p.mute(space, p.room.address+"/focus", "true")
		return nil
	})
}

// Create makes the focus join a room, as a request of a client does.
func (f *Focus) Create(ctx context.Context, roomName string) error {
	joined := make(chan struct{})
	err := f.call(func() error {
		address := roomName + "@" + f.mucDomain()
		r := f.rooms[address]
		if r == nil {
			r = f.newRoom(address)
			f.rooms[address] = r
			r.join()
		}
		r.whenJoined(func() { close(joined) })
		return nil
	})
	if err != nil {
		return err
	}
	return f.wait(ctx, joined)
}

// MoveAll ends all sessions as an orderly shutdown of a bridge does, and starts new ones (recording f3-alice: reason
// success, text moving).
func (f *Focus) MoveAll(roomName string) error {
	return f.call(func() error {
		r := f.rooms[roomName+"@"+f.mucDomain()]
		if r == nil {
			return fmt.Errorf("no room %s", roomName)
		}
		for _, p := range r.order {
			p.terminate("success", "moving")
		}
		r.endBridgeConference()
		r.peopleChanged()
		return nil
	})
}

// BridgeChanged makes the focus look again whether there is a bridge, and invite those who wait for one.
func (f *Focus) BridgeChanged() {
	f.do(func() {
		for _, r := range f.rooms {
			r.peopleChanged()
		}
	})
}

func (f *Focus) find(roomName, endpoint string) (*participant, error) {
	if r := f.rooms[roomName+"@"+f.mucDomain()]; r != nil {
		if p := r.participants[endpoint]; p != nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no participant %s in room %s", endpoint, roomName)
}

func (f *Focus) configure(ctx context.Context, roomName string, fields ...string) error {
	form := xmltree.New("jabber:x:data", "x", "type", "submit")
	add := func(name, value string) {
		form.Add(xmltree.New("", "field", "var", name).Add(xmltree.New("", "value").SetText(value)))
	}
	add("FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig")
	for i := 0; i+1 < len(fields); i += 2 {
		add(fields[i], fields[i+1])
	}
	return f.administer(ctx, roomName, xmltree.New(nsMUCOwner, "query").Add(form))
}

func (f *Focus) administer(ctx context.Context, roomName string, query *xmltree.Element) error {
	done := make(chan struct{})
	var failure error
	f.do(func() {
		f.ask("set", roomName+"@"+f.mucDomain(), query, func(answer *xmltree.Element) {
			if answer.Attr("type") != "result" {
				failure = fmt.Errorf("administer room %s: %s", roomName, describeAnswer(answer))
			}
			close(done)
		})
	})
	if err := f.wait(ctx, done); err != nil {
		return err
	}
	return failure
}

func (f *Focus) wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-f.ctx.Done():
		return errClosed
	}
}
