/** The options of STUN and TURN: what is spoken, who may use it, how much of it, and how several servers are one. */
import { option } from './option.ts';
import * as relay from './relay-shapes.ts';
import * as shape from './shapes.ts';

export const RELAY_OPTIONS = {
  turnPort: option(shape.port, {
    group: 'STUN and TURN',
    fallback: 3478,
    help: 'The port for STUN and TURN over UDP and TCP. 0 takes a free one.',
  }),
  turnHost: option(shape.optional(shape.host), {
    group: 'STUN and TURN',
    fallback: undefined,
    fallbackText: 'as --host in development, every address in production',
    help: 'The address that STUN and TURN listen on.',
  }),
  turnTlsPort: option(shape.port, {
    group: 'STUN and TURN',
    fallback: 5349,
    help: 'The port for TURN over TLS of `ieum turn`. `ieum serve` has it on --port.',
  }),
  dtls: option(shape.toggle, {
    group: 'STUN and TURN',
    fallback: true,
    help: 'TURN over DTLS on the UDP side of --turn-tls-port, for `ieum turn`.',
  }),
  relayPorts: option(shape.portRange, {
    group: 'STUN and TURN',
    fallback: { min: 49_152, max: 65_535 },
    help: 'The UDP ports that relays use. A firewall must let them in.',
  }),
  publicIp: option(shape.addresses, {
    group: 'STUN and TURN',
    fallback: [],
    fallbackText: 'the addresses of this machine',
    help: 'The address that others reach this machine by when it is behind a 1:1 NAT, as in most clouds. One for IPv4, one for IPv6.',
  }),
  mobility: option(shape.toggle, {
    group: 'STUN and TURN',
    live: true,
    fallback: false,
    help: 'Lets a client keep its relay when its own address changes (RFC 8016).',
  }),
  tcpRelay: option(shape.toggle, {
    group: 'STUN and TURN',
    live: true,
    fallback: false,
    help: 'Lets users relay TCP connections too (RFC 6062). Calls do not need it.',
  }),
  behaviourDiscovery: option(shape.toggle, {
    group: 'STUN and TURN',
    fallback: false,
    help: 'Answers tests of what kind of NAT a client is behind (RFC 5780). All of them need two public addresses; with one, those that need two ports.',
  }),
  alternatePort: option(shape.port, {
    group: 'STUN and TURN',
    fallback: 3479,
    help: 'The second UDP port of --behaviour-discovery. 0 takes a free one.',
  }),
  alternateHost: option(shape.optional(relay.address), {
    group: 'STUN and TURN',
    fallback: undefined,
    fallbackText: 'another address that is listened on',
    help: 'The second address of --behaviour-discovery, one of this machine.',
  }),
  rfc3489: option(shape.toggle, {
    group: 'STUN and TURN',
    fallback: false,
    help: 'Answers STUN clients of before 2008 too (RFC 3489). Old telephones need it.',
  }),

  realm: option(shape.text('NAME'), {
    group: 'TURN access',
    fallback: 'ieum',
    help: 'The realm of TURN credentials.',
  }),
  turnSecret: option(shape.secrets, {
    group: 'TURN access',
    live: true,
    fallback: [],
    fallbackText: 'made at the first start and kept in the state folder',
    secret: true,
    help: 'The secret behind short-lived TURN credentials (the TURN REST scheme). The first one signs; all are accepted, so that it can be changed without a break.',
  }),
  user: option(shape.users, {
    group: 'TURN access',
    live: true,
    fallback: [],
    secret: true,
    help: 'A static TURN user.',
  }),
  oauthKeys: option(relay.oauthKeys, {
    group: 'TURN access',
    live: true,
    fallback: [],
    secret: true,
    help: 'A key that an authorization server shares with this one (RFC 7635): clients that bring its tokens are let in.',
  }),
  oauthServerName: option(shape.optional(shape.text('NAME')), {
    group: 'TURN access',
    fallback: undefined,
    fallbackText: 'the realm',
    help: 'The name that the tokens of --oauth-keys are bound to.',
  }),
  credentialsUrl: option(shape.optional(relay.webhookUrl), {
    group: 'TURN access',
    fallback: undefined,
    help: 'Is asked for the password of users that nothing else knows, by POST. docs/hosting.md tells what is said.',
  }),
  credentialsToken: option(shape.optional(shape.secret), {
    group: 'TURN access',
    live: true,
    fallback: undefined,
    secret: true,
    help: 'The bearer token that is sent to --credentials-url.',
  }),
  strictExpiry: option(shape.toggle, {
    group: 'TURN access',
    live: true,
    fallback: false,
    help: 'Ends relays when their short-lived credentials end. Off: a relay made in time may be kept alive.',
  }),
  clientAllow: option(shape.ranges, {
    group: 'TURN access',
    live: true,
    fallback: [],
    fallbackText: 'everybody',
    help: 'Clients that may speak to STUN and TURN; everybody else gets no answer. Where --client-deny says otherwise, the narrower range decides.',
  }),
  clientDeny: option(shape.ranges, {
    group: 'TURN access',
    live: true,
    fallback: [],
    help: 'Clients that get no answer from STUN and TURN.',
  }),
  peerAllow: option(shape.ranges, {
    group: 'TURN access',
    live: true,
    fallback: [],
    help: 'Private addresses that relays may send to all the same, and exceptions from --peer-deny: the narrower range decides. Loopback, multicast and the metadata services of clouds stay closed.',
  }),
  peerDeny: option(shape.ranges, {
    group: 'TURN access',
    live: true,
    fallback: [],
    help: 'Addresses that relays may not send to, besides those that are closed anyway.',
  }),
  privatePeers: option(shape.choice('auto', 'allow', 'deny'), {
    group: 'TURN access',
    live: true,
    fallback: 'auto',
    help: 'Whether relays may send to private addresses. auto: only when this machine has no public one.',
  }),
  allowLoopbackPeers: option(shape.toggle, {
    group: 'TURN access',
    live: true,
    fallback: false,
    help: 'Lets relays send to loopback addresses. For tests on one machine only: it opens local services to TURN users.',
  }),

  userQuota: option(shape.whole('COUNT', 1, 10_000), {
    group: 'TURN limits',
    live: true,
    fallback: 64,
    help: 'How many allocations one TURN user may have at a time. A participant of a full room needs about 30.',
  }),
  totalQuota: option(shape.whole('COUNT', 1, 60_000), {
    group: 'TURN limits',
    live: true,
    fallback: 4000,
    help: 'How many allocations there may be in total. Each holds a socket. One address gets half of them at most.',
  }),
  allocationKbps: option(shape.optional(shape.whole('KBPS', 8, 100_000_000)), {
    group: 'TURN limits',
    live: true,
    fallback: undefined,
    fallbackText: 'no limit',
    help: 'How many kilobits a second one allocation may carry, in each direction. What is over is dropped. A good camera sends 2500, a screen up to 5000.',
  }),
  totalKbps: option(shape.optional(shape.whole('KBPS', 8, 100_000_000)), {
    group: 'TURN limits',
    live: true,
    fallback: undefined,
    fallbackText: 'no limit',
    help: 'How many kilobits a second all allocations together may carry, in each direction.',
  }),

  relayWorkers: option(relay.workers, {
    group: 'TURN at scale',
    fallback: 'auto',
    help: 'Threads that relay. auto: one for each core, at most 8, where the system lets them share a port (Linux). 0: the main thread does it.',
  }),
  nonceSecret: option(shape.optional(shape.secret), {
    group: 'TURN at scale',
    fallback: undefined,
    fallbackText: 'made at the first start and kept in the state folder',
    secret: true,
    help: 'The secret behind nonces. Servers behind one name share it and --turn-secret, so that each understands the clients of the others.',
  }),
  alternateServer: option(relay.servers, {
    group: 'TURN at scale',
    live: true,
    fallback: [],
    help: 'Where clients are sent when this server is full or stops (300 Try Alternate): the first one of their IP version, and for clients over TLS and DTLS the first one that is written as turns:IP:PORT=NAME, NAME being that of its certificate.',
  }),
  proxyProtocol: option(shape.ranges, {
    group: 'TURN at scale',
    live: true,
    fallback: [],
    help: 'Load balancers that tell the address of the client by the PROXY protocol, version 1 or 2. From these addresses every TCP connection must begin with it; from others it is not understood.',
  }),
};
