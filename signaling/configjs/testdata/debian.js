/* eslint-disable comma-dangle, no-unused-vars, no-var, prefer-template, vars-on-top */

/*
 * NOTE: this is what a package of a distribution installs, with the host's name filled in :-)
 */

var subdir = '<!--# echo var="subdir" default="" -->';
var subdomain = '<!--# echo var="subdomain" default="" -->';

if (subdir.startsWith('<!--')) {
    subdir = '';
}
if (subdomain) {
    subdomain = subdomain.substr(0, subdomain.length - 1).split('.')
        .join('_')
        .toLowerCase() + '.';
}

// In case of no ssi provided by the webserver, use empty strings
if (subdomain.startsWith('<!--')) {
    subdomain = '';
}

var enableJaaS = false;

var config = {
    // Connection
    //

    hosts: {
        // XMPP domain.
        domain: 'meet.example.org',

        // When using authentication, domain for guest users.
        anonymousdomain: 'guest.meet.example.org',

        // Focus component domain. Defaults to focus.<domain>.
        // focus: 'focus.meet.example.org',

        // XMPP MUC domain. FIXME: use XEP-0030 to discover it.
        muc: 'conference.' + subdomain + 'meet.example.org',
    },

    // BOSH URL. FIXME: use XEP-0156 to discover it.
    bosh: 'https://meet.example.org/' + subdir + 'http-bind',

    // Websocket URL (XMPP)
    websocket: 'wss://meet.example.org/' + subdir + 'xmpp-websocket',
    websocketKeepAliveUrl: 'https://meet.example.org/' + subdir + '_unlock',
    conferenceRequestUrl:
      'https://<!--# echo var="http_host" default="meet.example.org" -->/' + subdir + 'conference-request/v1',

    flags: {
        // sourceNameSignaling: true,
        ssrcRewritingEnabled: true,
    },
    startVideoMuted: 10,
    desktopSharingFrameRate: { min: 5, max: 5 },
    p2p: {
        enabled: true,
        stunServers: [ { urls: 'stun:stun.example.org:443' } ],
    },
    deploymentInfo: {
        // shard: "shard1",
        region: 'eu-central-1',
        userRegion: 'eu-west-1',
    },
    makeJsonParserHappy: 'even if last key had a trailing comma',

    // no configuration value should follow this line.
};
/* eslint-enable comma-dangle */
