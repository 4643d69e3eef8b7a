/** What STUN and TURN tell about themselves, as numbers. */
import type { Metrics } from './metrics.ts';
import type { TurnFact, TurnServiceStatistics } from './turn/turn-service.ts';

const GAUGES: readonly (readonly [
  name: string,
  help: string,
  read: (now: TurnServiceStatistics) => number,
])[] = [
  ['ieum_turn_allocations', 'Allocations that live.', (now) => now.allocations],
  ['ieum_turn_relays', 'Relay sockets: allocated, reserved, being opened.', (now) => now.relays],
  ['ieum_turn_streams', 'Clients over TCP and TLS.', (now) => now.streams],
  ['ieum_turn_dtls_connections', 'Clients over DTLS.', (now) => now.dtls?.connections ?? 0],
  ['ieum_turn_tcp_connections', 'TCP connections to peers (RFC 6062).', (now) => now.connections],
  [
    'ieum_turn_relay_workers',
    'Threads that relay in batches; 0: the main thread relays.',
    (now) => now.workers,
  ],
  ['ieum_turn_remembered_answers', 'Answers kept for repeated requests.', (now) => now.rememberedAnswers],
];

const TOTALS: readonly (readonly [
  name: string,
  help: string,
  read: (now: TurnServiceStatistics) => number,
])[] = [
  ['ieum_stun_bindings_total', 'Binding requests answered.', (now) => now.bindings],
  [
    'ieum_turn_challenges_total',
    'First requests without credentials, answered with 401.',
    (now) => now.challenges,
  ],
  ['ieum_turn_retransmissions_total', 'Requests answered again from memory.', (now) => now.retransmissions],
  ['ieum_turn_malformed_total', 'Datagrams that were no STUN, or broken.', (now) => now.malformed],
  ['ieum_turn_rate_limited_total', 'Unauthenticated answers withheld.', (now) => now.rateLimited],
  ['ieum_turn_relayed_packets_total', 'Packets relayed, both ways.', (now) => now.relayedPackets],
  ['ieum_turn_relayed_bytes_total', 'Payload bytes relayed, both ways.', (now) => now.relayedBytes],
  [
    'ieum_turn_dropped_packets_total',
    'Packets to or from a peer that were not relayed.',
    (now) => now.droppedPackets,
  ],
  [
    'ieum_turn_throttled_packets_total',
    'Packets dropped for being over --allocation-kbps or --total-kbps.',
    (now) => now.throttledPackets,
  ],
  ['ieum_turn_icmp_reports_total', 'ICMP messages told to clients.', (now) => now.icmpReports],
  [
    'ieum_turn_unwelcome_total',
    'Datagrams and connections from clients that --client-allow and --client-deny keep out.',
    (now) => now.unwelcome,
  ],
  ['ieum_turn_dtls_refused_total', 'DTLS connections refused.', (now) => now.dtls?.refused ?? 0],
  [
    'ieum_turn_dtls_cookies_total',
    'DTLS clients asked to prove their address.',
    (now) => now.dtls?.cookiesSent ?? 0,
  ],
  [
    'ieum_turn_stream_drops_total',
    'Packets dropped because a client read too slowly.',
    (now) => now.streamDataDropped,
  ],
  ['ieum_turn_streams_refused_total', 'Streams refused.', (now) => now.streamsRefused],
  ['ieum_turn_datagrams_received_total', 'UDP datagrams received.', (now) => now.datagrams.received],
  ['ieum_turn_datagrams_sent_total', 'UDP datagrams sent.', (now) => now.datagrams.sent],
  [
    'ieum_turn_datagrams_failed_total',
    'UDP datagrams that the system did not take.',
    (now) => now.datagrams.sendFailed,
  ],
];

const TRANSPORTS = ['udp', 'tcp', 'tls', 'dtls'] as const satisfies readonly TurnFact['leg']['transport'][];

/** RFC 8489 §14.8, RFC 8656 §19. */
const ERROR_CODES = [
  '300',
  '400',
  '401',
  '403',
  '405',
  '420',
  '437',
  '438',
  '440',
  '441',
  '442',
  '443',
  '446',
  '447',
  '486',
  '500',
  '508',
];

/** Registers the numbers; returns what takes the facts. `read` may answer before the listeners are there. */
export function turnMetrics(
  metrics: Metrics,
  read: () => TurnServiceStatistics | undefined,
): (fact: TurnFact) => void {
  for (const [name, help, pick] of GAUGES) metrics.gauge(name, help, reading(read, pick));
  for (const [name, help, pick] of TOTALS) metrics.total(name, help, reading(read, pick));
  const created = metrics.counter(
    'ieum_turn_allocations_created_total',
    'Allocations made.',
    'transport',
    TRANSPORTS,
  );
  const ended = metrics.counter('ieum_turn_allocations_ended_total', 'Allocations that ended.', 'reason', [
    'deleted',
    'expired',
    'leg-closed',
    'server-closed',
    'kicked',
  ]);
  const moved = metrics.counter(
    'ieum_turn_allocations_moved_total',
    'Allocations that moved with their clients (RFC 8016).',
    'transport',
    TRANSPORTS,
  );
  const refused = metrics.counter(
    'ieum_turn_refusals_total',
    'Requests answered with an error.',
    'code',
    ERROR_CODES,
  );
  return (fact) => {
    switch (fact.type) {
      case 'allocation-created':
        return created(fact.leg.transport);
      case 'allocation-ended':
        return ended(fact.reason);
      case 'allocation-moved':
        return moved(fact.to.transport);
      case 'refused':
        return refused(String(fact.code));
    }
  };
}

function reading(
  read: () => TurnServiceStatistics | undefined,
  pick: (now: TurnServiceStatistics) => number,
): () => number {
  return () => {
    const now = read();
    return now ? pick(now) : 0;
  };
}
