/*
 * The thinnest call page: one RTCPeerConnection, written by hand, against the server's signaling, STUN and TURN.
 * Query: `ice=relay` and `transport=udp|tcp|tls` restrict the way; the room is the last part of the path.
 */
const query = new URLSearchParams(location.search);
const room = location.pathname.split('/').at(-1);
const socket = window.io();
const stream = navigator.mediaDevices.getUserMedia({ audio: true, video: true });
let sent = 0;
let received = 0;
let ice;
let call;

function request(what) {
  sent += 1;
  socket.emit('frame', JSON.stringify({ type: 'request', n: sent, ack: received, request: what }));
}

function iceServers() {
  const wanted = query.get('transport');
  if (!wanted) return ice.iceServers;
  const fits = (url) =>
    wanted === 'tls'
      ? url.startsWith('turns:')
      : url.startsWith('turn:') && url.endsWith(`transport=${wanted}`);
  return ice.iceServers
    .map((server) => ({ ...server, urls: [server.urls].flat().filter(fits) }))
    .filter((server) => server.urls.length > 0);
}

async function meet(peer, offers) {
  const pc = new RTCPeerConnection({
    iceServers: iceServers(),
    iceTransportPolicy: query.get('ice') ?? 'all',
  });
  call = { pc, peer, ready: Promise.resolve() };
  const signal = (what) => request({ type: 'signal', to: peer, signal: what });
  pc.onicecandidate = ({ candidate }) =>
    signal({ kind: 'candidate', candidate: candidate ? candidate.toJSON() : null });
  pc.ontrack = ({ streams }) => {
    document.querySelector('video').srcObject = streams[0];
  };
  const media = await stream;
  for (const track of media.getTracks()) pc.addTrack(track, media);
  const describe = async () => {
    await pc.setLocalDescription();
    signal({ kind: 'description', description: pc.localDescription.toJSON() });
  };
  call.describe = describe;
  if (offers) await describe();
}

async function take({ kind, description, candidate }) {
  if (kind === 'candidate') return call.pc.addIceCandidate(candidate ?? undefined);
  await call.pc.setRemoteDescription(description);
  if (description.type === 'offer') await call.describe();
}

const events = {
  ice: (event) => {
    if (!ice) request({ type: 'join-room', room });
    ice = event.ice;
  },
  joined: ({ participants: [other] }) => other && meet(other.id, true),
  'participant-joined': ({ participant }) => {
    meeting = meet(participant.id, false);
  },
  signal: async ({ signal }) => {
    await meeting;
    await take(signal);
  },
  reply: (reply) => {
    if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  },
};
let meeting;

socket.on('connect', () => socket.emit('frame', JSON.stringify({ type: 'hello', v: 1, name: 'slice' })));
socket.on('frame', (text) => {
  const frame = JSON.parse(text);
  if (frame.type !== 'event') return;
  received = Math.max(received, frame.s);
  events[frame.event.type]?.(frame.event);
});
