-- Gives each room a unique meeting id and shows it in the room's disco form, as in all recordings
-- (muc#roominfo_meetingId in the answer to disco#info of the room) and in its configuration (recording h-alice).

local uuid = require "util.uuid";

module:hook("muc-room-created", function (event)
	event.room._data.meeting_id = event.room._data.meeting_id or uuid.generate();
end);

module:hook("muc-disco#info", function (event)
	table.insert(event.form, {
		name = "muc#roominfo_meetingId";
		label = "The meeting unique id.";
		value = "";
	});
	event.formdata["muc#roominfo_meetingId"] = event.room._data.meeting_id;
end);

module:hook("muc-config-form", function (event)
	table.insert(event.form, {
		name = "muc#roominfo_meetingId";
		type = "text-single";
		label = "The meeting unique id.";
		value = event.room._data.meeting_id;
	});
end);
