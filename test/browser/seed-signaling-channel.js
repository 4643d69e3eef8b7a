/** What the sample of the specification asks for: `send({desc})` or `send({candidate})`, and `onmessage` with the same. */
window.SignalingChannel = class {
  constructor() {
    this.count = 0;
    this.received = 0;
    this.waiting = [];
    this.room = location.pathname.split('/').at(-1);
    this.socket = window.io();
    this.socket.on('connect', () => this.emit({ type: 'hello', v: 1, name: 'sample' }));
    this.socket.on('frame', (text) => this.take(JSON.parse(text)));
  }
  emit(frame) {
    this.socket.emit('frame', JSON.stringify(frame));
  }
  request(request) {
    this.emit({ type: 'request', n: ++this.count, ack: this.received, request });
  }
  take({ type, s, event }) {
    if (type === 'welcome') return this.request({ type: 'join-room', room: this.room });
    this.received = s;
    this.peer = event.participants?.at(0)?.id ?? event.participant?.id ?? this.peer;
    if (this.peer) this.waiting.splice(0).forEach((message) => void this.send(message));
    if (event.type === 'signal') this.onmessage({ desc: event.signal.description, ...event.signal });
  }
  send({ desc, candidate }) {
    if (!this.peer) return this.waiting.push({ desc, candidate });
    const signal = desc ? { kind: 'description', description: desc } : { kind: 'candidate', candidate };
    this.request({ type: 'signal', to: this.peer, signal });
  }
};
