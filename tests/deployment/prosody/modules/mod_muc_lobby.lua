-- A lobby in front of rooms for members only, as far as jitsi's mod_muc_lobby_rooms concerns clients: who is refused is told
-- of a room to wait in; moderators see there who waits; an invitation by one of them makes a member; those who wait don't see
-- each other.

local filters = require "util.filters";
local jid = require "util.jid";
local st = require "util.stanza";

local lobby_host = module:get_option_string("lobby_muc");
local NS, NS_MUC, NS_USER = "http://jitsi.org/jitmeet", "http://jabber.org/protocol/muc", "http://jabber.org/protocol/muc#user";

local function lobbies() return prosody.hosts[lobby_host].modules.muc; end

local function open_lobby(room)
	local address = jid.join(jid.node(room.jid), lobby_host);
	if not lobbies().get_room_from_jid(address) then
		local lobby = lobbies().create_room(address);
		lobby:set_persistent(true);
		lobby.main_room = room;
		function lobby.get_affiliation(_, who) return room:get_affiliation(who) or "none"; end
	end
	room._data.lobbyroom = address;
end

local function close_lobby(room, to)
	local lobby = room._data.lobbyroom and lobbies().get_room_from_jid(room._data.lobbyroom);
	room._data.lobbyroom = nil;
	if lobby then
		lobby:set_persistent(false);
		lobby:destroy(to, "Lobby room closed.");
	end
end

-- Before the room is closed to others, those who are in it become members.
module:hook("muc-config-submitted/muc#roomconfig_membersonly", function (event)
	if event.value then
		for _, occupant in event.room:each_occupant() do
			if (event.room:get_affiliation(occupant.bare_jid) or "none") == "none" then
				event.room:set_affiliation(true, occupant.bare_jid, "member");
			end
		end
		open_lobby(event.room);
	else
		close_lobby(event.room, event.room.jid);
	end
end, 100);

module:hook("muc-room-destroyed", function (event) close_lobby(event.room); end);

module:hook("muc-disco#info", function (event)
	if event.room._data.lobbyroom then
		table.insert(event.form, { name = "muc#roominfo_lobbyroom"; label = "Lobby room jid"; value = ""; });
		event.formdata["muc#roominfo_lobbyroom"] = event.room._data.lobbyroom;
	end
end);

module:hook("muc-occupant-pre-join", function (event)
	local room, stanza = event.room, event.stanza;
	local join = stanza:get_child("x", NS_MUC);
	if not join or not room._data.lobbyroom or not room:get_members_only() then return; end
	local password = room:get_password();
	if password and join:get_child_text("password", NS_MUC) == password then
		room:set_affiliation(true, jid.bare(stanza.attr.from), "member");
		return;
	end
	local affiliation = room:get_affiliation(stanza.attr.from) or "none";
	if affiliation ~= "none" then return; end
	local reply;
	if (stanza:get_child_text("nick", "http://jabber.org/protocol/nick") or "") == "" then
		reply = st.error_reply(stanza, "modify", "not-acceptable");
		reply:tag("displayname-required", { xmlns = NS, lobby = "true" }):up():up();
	else
		reply = st.error_reply(stanza, "auth", "registration-required");
		reply:tag("lobbyroom", { xmlns = NS }):text(room._data.lobbyroom):up():up();
		reply:tag("lobbyroom"):text(room._data.lobbyroom):up();
	end
	event.origin.send(reply:tag("x", { xmlns = NS_MUC }));
	return true;
end, -4); -- before the check of stock Prosody

local function own(x)
	for status in x:childtags("status") do
		if status.attr.code == "110" then return true; end
	end
end

filters.add_filter_hook(function (session)
	filters.add_filter(session, "stanzas/out", function (stanza)
		local from = stanza.attr and stanza.attr.from;
		local x = from and stanza.name == "presence" and jid.host(from) == lobby_host and stanza:get_child("x", NS_USER);
		if not x or own(x) or stanza.attr.type == "unavailable" then return stanza; end
		local lobby = lobbies().get_room_from_jid(jid.bare(from));
		if lobby and lobby.main_room:get_affiliation(stanza.attr.to) == "owner" then return stanza; end
		return nil;
	end, -1);
end);
