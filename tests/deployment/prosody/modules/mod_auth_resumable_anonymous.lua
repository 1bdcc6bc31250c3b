-- Anonymous login whose sessions can be resumed (XEP-0198) on a new connection.
--
-- Resuming asks for the user name of the lost session, which anonymous login would choose anew. The web
-- client therefore adds previd=SM-ID to the WebSocket's URL, and gets the name of that session back (recording
-- l-alice). User names are UUIDs, as in all recordings.

local jid = require "util.jid";
local new_sasl = require "util.sasl".new;
local parse_query = require "util.http".formdecode;
local uuid = require "util.uuid";

local resumption_tokens = module:shared "/*/smacks/resumption-tokens";

local function name_of_lost_session(session)
	local request = session and session.websocket_request;
	local query = request and request.url and request.url.query;
	local params = query and parse_query(query);
	local previd = type(params) == "table" and params.previd;
	if not previd then return nil; end
	for key in pairs(resumption_tokens) do
		local user, host, token = jid.split(key);
		if token == previd and host == module.host then return user; end
	end
end

local provider = {};

local function refuse() return nil, "This host knows anonymous users only."; end
provider.test_password = refuse;
provider.get_password = refuse;
provider.set_password = refuse;
provider.user_exists = refuse;
provider.create_user = refuse;

function provider.users()
	return next, prosody.hosts[module.host].sessions, nil;
end

function provider.get_sasl_handler(session)
	local handler = new_sasl(module.host, { anonymous = function () return true; end });
	local process = handler.process;
	function handler:process(message)
		local status, answer, err = process(self, message);
		if status == "success" then
			self.username = name_of_lost_session(session) or uuid.generate();
		end
		return status, answer, err;
	end
	return handler;
end

module:provides("auth", provider);
