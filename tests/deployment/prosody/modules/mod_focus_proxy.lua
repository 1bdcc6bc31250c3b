-- A component that stands in for the focus user: requests to focus.DOMAIN reach the session of
-- focus@auth.DOMAIN, answers come back from focus.DOMAIN (all recordings, first <conference/> request).
--
-- Each request passes with an address of its own under the component, so that the answer finds its way
-- back by the address alone. It begins with the domain of who asks, since guests may do less than users.

local jid = require "util.jid";
local st = require "util.stanza";
local new_id = require "util.id".medium;

local target = module:get_option_string("focus_proxy_target");
local pending = {};

local function forward(event)
	local origin, stanza = event.origin, event.stanza;
	if not prosody.full_sessions[target] then
		origin.send(st.error_reply(stanza, "cancel", "service-unavailable", "The focus is not connected"));
		return true;
	end
	local ticket = jid.host(stanza.attr.from) .. "/" .. new_id();
	pending[ticket] = { from = stanza.attr.from, id = stanza.attr.id };
	module:add_timer(60, function () pending[ticket] = nil; end);
	local request = st.clone(stanza);
	request.attr.from = jid.join(nil, module.host, ticket);
	request.attr.to = target;
	module:send(request);
	return true;
end

local function answer(event)
	local stanza = event.stanza;
	local ticket = jid.resource(stanza.attr.to);
	local waiting = ticket and stanza.attr.from == target and pending[ticket];
	if not waiting then return true; end
	pending[ticket] = nil;
	local reply = st.clone(stanza);
	reply.attr.from = module.host;
	reply.attr.to = waiting.from;
	reply.attr.id = waiting.id;
	module:send(reply);
	return true;
end

-- An address without a user is the host's to Prosody, with or without a resource.
module:hook("iq/host", function (event)
	local kind = event.stanza.attr.type;
	if kind == "get" or kind == "set" then return forward(event); end
	return answer(event);
end, 100);
