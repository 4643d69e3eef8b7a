/*
 * A page that talks data with whoever is in its room, by perfect negotiation over the server's signaling. It does nothing until a
 * test calls `begin`; then it echoes what comes on channels that the other side opened.
 */
const room = location.pathname.split('/').at(-1);
const socket = window.io();
const waiting = [];
let sent = 0;
let received = 0;
let partner;
let take;

function request(what) {
  sent += 1;
  socket.emit('frame', JSON.stringify({ type: 'request', n: sent, ack: received, request: what }));
}

function signal(what) {
  if (partner) request({ type: 'signal', to: partner, signal: what });
  else waiting.push(what);
}

function know(id) {
  partner = id;
  for (const what of waiting.splice(0)) signal(what);
}

const joined = new Promise((resolve) => {
  const events = {
    ice: ({ ice }) => {
      window.iceServers = ice.iceServers;
      request({ type: 'join-room', room });
    },
    joined: ({ participants: [other] }) => {
      if (other) know(other.id);
      resolve();
    },
    'participant-joined': ({ participant }) => know(participant.id),
    signal: ({ signal: what }) => take(what),
  };
  socket.on('connect', () => socket.emit('frame', JSON.stringify({ type: 'hello', v: 1, name: 'page' })));
  socket.on('frame', (text) => {
    const frame = JSON.parse(text);
    if (frame.type !== 'event') return;
    received = Math.max(received, frame.s);
    events[frame.event.type]?.(frame.event);
  });
});

/** Perfect negotiation as webrtc.html §10.7 has it, the impolite side. */
function negotiate(pc) {
  let makingOffer = false;
  let ignoresOffer = false;
  let chain = Promise.resolve();
  pc.onicecandidate = ({ candidate }) =>
    signal({ kind: 'candidate', candidate: candidate?.toJSON() ?? null });
  pc.onnegotiationneeded = async () => {
    makingOffer = true;
    await pc.setLocalDescription();
    signal({ kind: 'description', description: pc.localDescription.toJSON() });
    makingOffer = false;
  };
  const apply = async ({ kind, description, candidate }) => {
    if (kind === 'candidate') {
      return pc.addIceCandidate(candidate ?? undefined).catch((error) => {
        if (!ignoresOffer) throw error;
      });
    }
    ignoresOffer = description.type === 'offer' && (makingOffer || pc.signalingState !== 'stable');
    if (ignoresOffer) return;
    await pc.setRemoteDescription(description);
    if (description.type !== 'offer') return;
    await pc.setLocalDescription();
    signal({ kind: 'description', description: pc.localDescription.toJSON() });
  };
  take = (what) => {
    chain = chain.then(() => apply(what));
  };
}

window.begin = async (configuration = {}) => {
  await joined;
  window.pc = new RTCPeerConnection(configuration);
  window.channels = {};
  negotiate(window.pc);
  window.pc.ondatachannel = ({ channel }) => {
    window.channels[channel.label] = channel;
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => channel.send(data);
  };
};

window.openChannel = async (label, init) => {
  const channel = window.pc.createDataChannel(label, init);
  channel.binaryType = 'arraybuffer';
  window.channels[label] = channel;
  await new Promise((resolve, reject) => {
    channel.onopen = resolve;
    channel.onclose = reject;
  });
};

/** Sends text and bytes of each length, and says whether the same came back. */
window.talk = async (label, lengths) => {
  const channel = window.channels[label];
  const heard = () =>
    new Promise((resolve) => {
      channel.onmessage = ({ data }) => resolve(data);
    });
  for (const length of lengths) {
    const text = 'é'.repeat(length >> 1) + 'x'.repeat(length & 1);
    const answer = heard();
    channel.send(text);
    if ((await answer) !== text) return `text of ${length}`;
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
    const echo = heard();
    channel.send(bytes);
    const back = new Uint8Array(await echo);
    if (back.length !== length || back.some((byte, i) => byte !== bytes[i])) return `bytes of ${length}`;
  }
  return 'all came back';
};
