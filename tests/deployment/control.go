package deployment

import (
	"context"
	"strings"

	"gstjitsi/tests/deployment/bridge"
)

// Rooms are named as in a meeting's address; the server has them in lower case.

// CreateRoom makes the focus open a room before anybody asks for it, for instance to lock it.
func (d *Deployment) CreateRoom(ctx context.Context, room string) error {
	return d.focus.Create(ctx, strings.ToLower(room))
}

// LockRoom sets a room's password; an empty one unlocks it. The room must be open.
func (d *Deployment) LockRoom(ctx context.Context, room, password string) error {
	return d.focus.Lock(ctx, strings.ToLower(room), password)
}

// MembersOnly lets nobody in but members, or everybody again. The room must be open.
func (d *Deployment) MembersOnly(ctx context.Context, room string, on bool) error {
	return d.focus.MembersOnly(ctx, strings.ToLower(room), on)
}

// Kick puts a participant out of its room.
func (d *Deployment) Kick(ctx context.Context, room, endpoint, reason string) error {
	return d.focus.Kick(ctx, strings.ToLower(room), endpoint, reason)
}

// Grant makes a participant a moderator.
func (d *Deployment) Grant(ctx context.Context, room, endpoint string) error {
	return d.focus.Grant(ctx, strings.ToLower(room), endpoint)
}

// Mute asks a participant to mute its audio, or its video.
func (d *Deployment) Mute(room, endpoint string, video bool) error {
	return d.focus.Mute(strings.ToLower(room), endpoint, video)
}

// DestroyRoom ends a room for everybody in it.
func (d *Deployment) DestroyRoom(ctx context.Context, room, reason string) error {
	return d.focus.Destroy(ctx, strings.ToLower(room), reason)
}

// MoveSessions ends all sessions in a room as the orderly shutdown of a bridge does, and offers new ones.
func (d *Deployment) MoveSessions(room string) error { return d.focus.MoveAll(strings.ToLower(room)) }

// KillBridge ends the bridge without a word to anybody. What the focus makes of it depends on Options.KeepBridge.
func (d *Deployment) KillBridge() {
	d.bridge.Kill()
	if d.focus != nil {
		d.focus.BridgeKilled()
	}
}

// ReviveBridge starts a killed bridge again; the focus invites those who have no session.
func (d *Deployment) ReviveBridge() error {
	if err := d.bridge.Revive(); err != nil {
		return err
	}
	d.focus.BridgeChanged()
	return nil
}

// FreezeBridge stops all media, or lets it flow again; channels stay.
func (d *Deployment) FreezeBridge(on bool) { d.bridge.Freeze(on) }

// Impair makes the network between the bridge and all clients worse.
func (d *Deployment) Impair(how bridge.Impairment) { d.bridge.Impair(how) }

// DropConnections cuts all connections through the front: XMPP streams and bridge channels.
func (d *Deployment) DropConnections() { d.front.dropConnections() }
