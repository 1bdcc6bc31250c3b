-- Anonymous login whose sessions can be resumed (XEP-0198) on a new connection.
--
-- Resuming asks for the user name of the lost session, which anonymous login would choose anew. The web
-- client therefore adds previd=SM-ID to the WebSocket's URL, and gets the name of that session back (recording
-- l-alice). User names are UUIDs, as in all recordings.
--
-- Where a secret is configured, only those come in who have a token of it (JWT, HS256) in the URL, as with jitsi's
-- mod_auth_token: the mechanism is the same.

local jid = require "util.jid";
local new_sasl = require "util.sasl".new;
local parse_query = require "util.http".formdecode;
local uuid = require "util.uuid";
local jwt = require "util.jwt";

local secret = module:get_option_string("jwt_secret");

local resumption_tokens = module:shared "/*/smacks/resumption-tokens";

local function parameters(session)
	local request = session and session.websocket_request;
	local query = request and request.url and request.url.query;
	local params = query and parse_query(query);
	return type(params) == "table" and params or {};
end

-- The claims of the session's token; nil and why where it has none that is valid.
local function claims_of(session)
	local token = parameters(session).token;
	if not token then return nil, "token required"; end
	local valid, claims = jwt.verify(secret, token);
	if not valid or type(claims) ~= "table" then return nil, "token invalid"; end
	if type(claims.exp) ~= "number" or claims.exp < os.time() then return nil, "token expired"; end
	return claims;
end

local function name_of_lost_session(session)
	local previd = parameters(session).previd;
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
		if secret then
			local claims, why = claims_of(session);
			if not claims then return "failure", "not-authorized", why; end
			session.jitsi_meet_room = claims.room;
		end
		local status, answer, err = process(self, message);
		if status == "success" then
			self.username = name_of_lost_session(session) or uuid.generate();
		end
		return status, answer, err;
	end
	return handler;
end

module:provides("auth", provider);
