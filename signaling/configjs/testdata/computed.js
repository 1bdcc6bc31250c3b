// Put together by hand: one file for several hosts.
const host = window.location.hostname;
const base = host.replace(/^www\./, '');
const shard = /(\d+)\./.exec(base) ? 'numbered' : `plain-${base.split('.').length}`;
function url(scheme, ...rest) {
    let path = '';
    for (const part of rest) { path += '/' + part; }
    return `${scheme}://${location.host}${path}`;
}
const common = { websocket: url('wss', 'xmpp-websocket'), deploymentInfo: { shard, region: ['eu', 'west', 1].join('-') } };
let config = { ...common, hosts: { domain: base, get muc() { return 'conference.' + this.domain; } } };
config = Object.assign({}, config, { flags: Object.keys(common).includes('websocket') ? { ssrcRewritingEnabled: true } : {} });
interfaceConfig.APP_NAME = 'Meet';
if (navigator.userAgent.toLowerCase().indexOf('mobile') >= 0 || !!location.search) { config.hosts = null; }
throw { message: 'what comes behind does not matter' };
