-- A token is for one room, or for all ("*"): the check of jitsi's mod_token_verification.

local jid = require "util.jid";
local st = require "util.stanza";

local focus = module:get_option_string("muc_token_room_exempt");

local function check(event)
	local stanza, room = event.stanza, event.origin.jitsi_meet_room;
	if jid.bare(stanza.attr.from) == focus or room == "*" then return; end
	if type(room) ~= "string" or room:lower() ~= jid.node(stanza.attr.to) then
		event.origin.send(st.error_reply(stanza, "cancel", "not-allowed", "Room and token mismatched"));
		return true;
	end
end

module:hook("muc-room-pre-create", check, 99);
module:hook("muc-occupant-pre-join", check, 99);
