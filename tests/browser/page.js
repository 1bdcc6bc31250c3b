// A participant's media: one plain peer connection. All signalling is in the process that has opened this page; the two
// exchange JSON over a WebSocket.
"use strict";

const socket = new WebSocket(location.href.replace("http", "ws").replace("page.html", "socket" + location.search));
const tell = message => socket.send(JSON.stringify(message));
const failed = error => tell({error: String(error && error.stack || error)});
window.onerror = (text, file, line) => failed(text + " at " + line);
window.onunhandledrejection = event => failed(event.reason);

const pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
pc.onconnectionstatechange = () => tell({connection: pc.connectionState});

// paint is a track that shows a colour; a dot moves, so that there is something to encode.
function paint(colour, width, height) {
	const canvas = document.createElement("canvas");
	Object.assign(canvas, {width, height});
	const context = canvas.getContext("2d");
	let x = 0;
	setInterval(() => {
		context.fillStyle = colour;
		context.fillRect(0, 0, width, height);
		context.fillStyle = "black";
		context.fillRect(x = (x + 4) % width, 2, 4, 4);
	}, 50);
	return canvas.captureStream(20).getVideoTracks()[0];
}

const sounds = new AudioContext();

function hum(hertz) {
	const tone = new OscillatorNode(sounds, {frequency: hertz});
	const out = sounds.createMediaStreamDestination();
	tone.connect(out);
	tone.start();
	return out.stream.getAudioTracks()[0];
}

// send gives the m-lines that the bridge receives from us, by their mid, what they shall send.
async function send(sources) {
	for (const transceiver of pc.getTransceivers()) {
		const source = sources[transceiver.mid];
		if (!source || transceiver.sender.track) continue;
		const track = source.hertz ? hum(source.hertz) : paint(source.colour, source.width, source.height);
		await transceiver.sender.replaceTrack(track);
		transceiver.direction = transceiver.mid === "audio" || transceiver.mid === "video" ? "sendrecv" : "sendonly";
	}
}

// What is received, by the id of its stream, which is the source's name.
const seen = new Map();
const heard = new Map();

pc.ontrack = ({track, streams: [stream]}) => {
	if (!stream) return;
	// Sound that is in no element is not decoded.
	const player = document.createElement(track.kind);
	Object.assign(player, {autoplay: true, muted: true, srcObject: new MediaStream([track])});
	document.body.append(player);
	if (track.kind === "video") {
		seen.set(stream.id, player);
		return;
	}
	const analyser = new AnalyserNode(sounds, {fftSize: 8192});
	sounds.createMediaStreamSource(new MediaStream([track])).connect(analyser);
	heard.set(stream.id, analyser);
};

const small = {width: 64, height: 36};

// picture is what a player shows, as the bytes of so many pixels, in base64.
function picture(player) {
	const canvas = document.createElement("canvas");
	Object.assign(canvas, small);
	const context = canvas.getContext("2d");
	context.drawImage(player, 0, 0, small.width, small.height);
	const rgba = context.getImageData(0, 0, small.width, small.height).data;
	return btoa(String.fromCharCode(...rgba.filter((_, i) => i % 4 < 3)));
}

// pitch is the loudest frequency in hertz, 0 where there is silence.
function pitch(analyser) {
	const levels = new Float32Array(analyser.frequencyBinCount);
	analyser.getFloatFrequencyData(levels);
	const loudest = levels.indexOf(Math.max(...levels));
	return levels[loudest] < -60 ? 0 : loudest * sounds.sampleRate / analyser.fftSize;
}

function look() {
	for (const [source, player] of seen) {
		if (player.videoWidth === 0) continue;
		tell({source, time: player.currentTime, width: player.videoWidth, height: player.videoHeight, picture: picture(player)});
	}
	for (const [source, analyser] of heard) tell({source, hertz: pitch(analyser)});
}

socket.onopen = () => setInterval(look, 200);
socket.onmessage = async ({data}) => {
	try {
		const {offer, sources} = JSON.parse(data);
		await pc.setRemoteDescription({type: "offer", sdp: offer});
		await send(sources);
		await pc.setLocalDescription();
		tell({answer: pc.localDescription.sdp});
	} catch (error) {
		failed(error);
	}
};
