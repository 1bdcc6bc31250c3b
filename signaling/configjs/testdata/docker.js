var config = {};

// Begin of what the container generates from its environment.
if (!config.hasOwnProperty('hosts')) config.hosts = {};

config.hosts.domain = 'meet.jitsi';
config.focusUserJid = 'focus@auth.meet.jitsi';

var subdomain = '<!--# echo var="subdomain" default="" -->';
if (subdomain) {
    subdomain = subdomain.substr(0,subdomain.length-1).split('.').join('_').toLowerCase() + '.';
}
config.hosts.muc = 'muc.' + subdomain + 'meet.jitsi';
config.bosh = 'https://localhost:8443/' + '<!--# echo var="subdir" default="" -->' + 'http-bind';
config.websocket = 'wss://localhost:8443/' + '<!--# echo var="subdir" default="" -->' + 'xmpp-websocket';

config.resolution = 720;
config.constraints = { video: { height: { ideal: 720, max: 720, min: 180 } } };
if (!config.hasOwnProperty('flags')) config.flags = {};
config.flags.ssrcRewritingEnabled = false;
config.flags.sourceNameSignaling = true;
config.startWithVideoMuted = false;
config.hiddenDomain = 'recorder.meet.jitsi';
