-- Refuses who would be one too many in a room: the error is the one of XEP-0045 7.2.9. The focus doesn't count.

local st = require "util.stanza";
local jid = require "util.jid";

local limit = module:get_option_number("muc_room_limit");
local focus = module:get_option_string("muc_room_limit_exempt");

module:hook("muc-occupant-pre-join", function (event)
	if jid.bare(event.stanza.attr.from) == focus then return; end
	local count = 0;
	for _, occupant in event.room:each_occupant() do
		if occupant.bare_jid ~= focus then count = count + 1; end
	end
	if count >= limit then
		event.origin.send(st.error_reply(event.stanza, "wait", "service-unavailable", "The room is full"));
		return true;
	end
end, 100);
