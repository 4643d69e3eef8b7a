/** What `ieum turn-test` says: which ways it tries, and the sentence for each thing that can be wrong. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { planOf } from '../../../src/cli/turn-test/plan.ts';
import { percentile, type Report, type Trouble } from '../../../src/cli/turn-test/report.ts';
import { overallOf, type VerdictContext, verdictsOf } from '../../../src/cli/turn-test/verdicts.ts';
import { writeJson, writeOutcome } from '../../../src/cli/turn-test/write-report.ts';
import { parseServerUri } from '../../../src/stun/index.ts';

const PUBLIC = '8.8.8.8';
const NOW = Date.UTC(2026, 0, 1);
const CONTEXT: VerdictContext = {
  host: 'turn.example.com',
  atMs: NOW,
  bySecret: false,
  withCredentials: true,
  udpWorks: true,
};

/** All went well; a test says what did not. */
function report(changed: Partial<Report> = {}): Report {
  return {
    transport: 'udp',
    server: { ip: PUBLIC, port: 3478 },
    optional: false,
    local: { ip: '0.0.0.0', port: 40_000 },
    stun: { mapped: { ip: '1.1.1.1', port: 40_000 }, roundTripMs: 12 },
    allocate: {
      ms: 25,
      relayed: [{ ip: PUBLIC, port: 50_000 }],
      lifetimeSeconds: 600,
      redirects: [],
    },
    permissionMs: 12,
    echo: { sent: 50, received: 50, bytes: 1000, p50Ms: 26, p95Ms: 31 },
    reach: { sent: 5, received: 5 },
    refresh: { ms: 12, lifetimeSeconds: 600 },
    ended: true,
    troubles: [],
    ...changed,
  };
}

function trouble(step: Trouble['step'], code: string, more: Partial<Trouble> = {}): Report {
  const one: Trouble = { step, code, status: undefined, reason: '', system: undefined, ...more };
  const { transport, server, optional } = report();
  const reached = step === 'connect' || step === 'stun' ? {} : { stun: { mapped: server, roundTripMs: 9 } };
  return { transport, server, optional, ...reached, troubles: [one] };
}

function said(of: Report, context: Partial<VerdictContext> = {}): Finding {
  const [first] = verdictsOf(of, { ...CONTEXT, ...context });
  assert.ok(first);
  return first;
}

describe('which ways are tried', () => {
  const ways = (text: string, ips = ['192.0.2.1']): string[] => {
    const uri = parseServerUri(text);
    assert.ok(uri);
    return planOf(uri, ips).map(
      ({ transport, server, optional }) =>
        `${transport} ${server.ip} ${server.port}${optional ? ' maybe' : ''}`,
    );
  };

  test('what the URI names must be there, what usually stands beside it may', () => {
    assert.deepEqual(ways('turn:example.org'), [
      'udp 192.0.2.1 3478',
      'tcp 192.0.2.1 3478',
      'tls 192.0.2.1 5349 maybe',
      'dtls 192.0.2.1 5349 maybe',
    ]);
    assert.deepEqual(ways('turn:example.org:443'), ['udp 192.0.2.1 443', 'tcp 192.0.2.1 443']);
    assert.deepEqual(ways('turn:example.org?transport=tcp'), ['tcp 192.0.2.1 3478']);
    assert.deepEqual(ways('turns:example.org'), ['tls 192.0.2.1 5349', 'dtls 192.0.2.1 5349 maybe']);
    assert.deepEqual(ways('turns:example.org?transport=udp'), ['dtls 192.0.2.1 5349']);
    assert.deepEqual(ways('stun:example.org'), ['udp 192.0.2.1 3478', 'tcp 192.0.2.1 3478 maybe']);
    assert.deepEqual(ways('stuns:example.org'), ['tls 192.0.2.1 5349', 'dtls 192.0.2.1 5349 maybe']);
  });

  test('one address of each family, the second one may fail', () => {
    const ips = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2'];
    assert.deepEqual(ways('turn:example.org?transport=udp', ips), [
      'udp 192.0.2.1 3478',
      'udp 2001:db8::1 3478 maybe',
    ]);
    assert.deepEqual(ways('turn:example.org', []), []);
  });
});

describe('what is said', () => {
  test('all is well', () => {
    const finding = said(report());
    assert.equal(finding.level, 'ok');
    assert.equal(
      finding.text,
      'STUN in 12 ms, seen as 1.1.1.1; relay 8.8.8.8:50000, there and back through it in 26 ms',
    );
  });

  test('without credentials only STUN is judged, and it is said', () => {
    const { transport, server, optional, stun } = report();
    assert.ok(stun);
    const finding = said({ transport, server, optional, stun, troubles: [] }, { withCredentials: false });
    assert.equal(finding.level, 'ok');
    assert.match(finding.text, /TURN was not tried, because no credentials were given/);
  });

  test('each refusal has its own sentence, its number, and something to do', () => {
    for (const [status, step, sentence] of [
      [300, 'allocate', /in a circle, or nowhere \(300\)/],
      [401, 'allocate', /does not know this name with this password \(401\)/],
      [403, 'allocate', /no relay to this client \(403\)/],
      [403, 'peer', /does not send to .* \(403\)/],
      [420, 'allocate', /\(420\)/],
      [437, 'allocate', /allocation already, or none any more \(437\)/],
      [438, 'refresh', /calls every nonce stale, its own too \(438\)/],
      [440, 'allocate', /IP version \(440\)/],
      [441, 'refresh', /another user \(441\)/],
      [442, 'allocate', /relays no UDP \(442\)/],
      [486, 'allocate', /as many allocations as allowed \(486\)/],
      [500, 'allocate', /trouble of its own \(500\)/],
      [508, 'allocate', /no free relay port \(508\)/],
      [599, 'allocate', /did not do it: 599/],
    ] as const) {
      const finding = said(trouble(step, 'TURN_REQUEST_REFUSED', { status }));
      assert.equal(finding.level, 'fail', String(status));
      assert.match(finding.text, sentence);
      assert.ok(finding.advice.length > 0, String(status));
    }
  });

  test('a wrong secret is told from a wrong password', () => {
    const wrong = trouble('allocate', 'TURN_UNAUTHENTICATED', { status: 401 });
    const finding = said(wrong, { bySecret: true });
    assert.match(finding.text, /credentials made from this secret \(401\)/);
    assert.match(finding.advice.join(' '), /clocks/);
  });

  test('silence, refusal, no way, another protocol, a cut', () => {
    for (const [of, sentence] of [
      [trouble('stun', 'STUN_TIMED_OUT'), /No answer from UDP 8\.8\.8\.8:3478/],
      [
        trouble('stun', 'STUN_TIMED_OUT', { system: 'ECONNREFUSED' }),
        /Nobody listens on UDP 8\.8\.8\.8:3478/,
      ],
      [
        { ...trouble('connect', 'TURN_CONNECTION_CLOSED', { system: 'ECONNREFUSED' }), transport: 'tcp' },
        /Nobody listens on TCP/,
      ],
      [
        trouble('connect', 'TURN_CONNECTION_CLOSED', { system: 'ENETUNREACH' }),
        /no way from here to 8\.8\.8\.8/,
      ],
      [
        { ...trouble('connect', 'TURN_CONNECTION_CLOSED', { system: 'EPROTO' }), transport: 'tls' },
        /does not speak TLS/,
      ],
      [{ ...trouble('stun', 'STUN_STREAM_INVALID'), transport: 'tcp' }, /does not speak STUN/],
      [
        { ...trouble('connect', 'TURN_CONNECTION_CLOSED', { system: 'ECONNRESET' }), transport: 'tcp' },
        /was cut \(ECONNRESET\)/,
      ],
      [trouble('allocate', 'STUN_TIMED_OUT'), /answers STUN, but not this request \(allocate\)/],
      [trouble('allocate', 'STUN_INTEGRITY_VIOLATED'), /sealed with another password/],
      [trouble('refresh', 'TURN_CONNECTION_CLOSED'), /closed the connection \(refresh\)/],
    ] as const) {
      const finding = said(of);
      assert.equal(finding.level, 'fail');
      assert.match(finding.text, sentence);
      assert.ok(finding.advice.length > 0);
    }
  });

  test('what may be missing is no failure; what is there and broken is', () => {
    const missing = {
      ...trouble('connect', 'TURN_CONNECTION_CLOSED', { system: 'ECONNREFUSED' }),
      optional: true,
    };
    assert.equal(said(missing).level, 'warn');
    const broken = { ...trouble('allocate', 'TURN_REQUEST_REFUSED', { status: 508 }), optional: true };
    assert.equal(said(broken).level, 'fail');
  });
});

describe('the advertised address', () => {
  const relayedAt = (ip: string): Report['allocate'] => ({
    ms: 20,
    relayed: [{ ip, port: 50_000 }],
    lifetimeSeconds: 600,
    redirects: [],
  });
  const with_ = (ip: string, changed: Partial<Report> = {}): Report => {
    const allocate = relayedAt(ip);
    assert.ok(allocate);
    return report({ allocate, ...changed });
  };

  test('a private or loopback one of a public server is wrong, and --public-ip is named', () => {
    for (const ip of ['10.0.0.7', '127.0.0.1', '100.64.0.1']) {
      const finding = said(with_(ip));
      assert.equal(finding.level, 'fail');
      assert.match(finding.text, /no public address, while the server itself is at 8\.8\.8\.8/);
      assert.match(finding.advice.join(' '), /--public-ip 8\.8\.8\.8/);
    }
  });

  test('one where nobody can send is wrong wherever the server is', () => {
    const server = { ip: '192.168.1.5', port: 3478 };
    for (const ip of ['0.0.0.0', '192.0.2.1', '127.0.0.1']) {
      const silent = with_(ip, { server, reach: { sent: 5, received: 0 } });
      assert.match(said(silent).text, /where nobody can send/);
    }
    assert.equal(said(with_('192.0.2.1', { server })).level, 'ok', 'what arrives, arrives');
    assert.equal(said(with_('127.0.0.1', { server: { ip: '127.0.0.1', port: 3478 } })).level, 'ok');
  });

  test('a private one of a private server is right', () => {
    assert.equal(said(with_('192.168.1.5', { server: { ip: '192.168.1.5', port: 3478 } })).level, 'ok');
  });

  test('another public one is right when what is sent there arrives, and wrong when not', () => {
    assert.equal(said(with_('9.9.9.9')).level, 'ok');
    const finding = said(with_('9.9.9.9', { reach: { sent: 5, received: 0 } }));
    assert.equal(finding.level, 'fail');
    assert.match(finding.text, /nothing that is sent there arrives/);
  });

  test('relay ports behind a firewall: a warning, unless UDP does not work from here at all', () => {
    const silent = report({ reach: { sent: 5, received: 0 } });
    const findings = verdictsOf(silent, CONTEXT);
    assert.deepEqual(
      findings.map(({ level }) => level),
      ['ok', 'warn'],
    );
    assert.match(findings[1]?.advice.join(' ') ?? '', /--relay-ports/);
    assert.equal(verdictsOf(silent, { ...CONTEXT, udpWorks: false }).length, 1);
  });

  test('after a redirect the server that gave the relay counts', () => {
    const allocate = relayedAt('9.9.9.9');
    assert.ok(allocate);
    const sentOn = report({
      allocate: { ...allocate, redirects: [{ ip: '9.9.9.9', port: 3478 }] },
      reach: { sent: 5, received: 0 },
    });
    assert.match(verdictsOf(sentOn, CONTEXT)[1]?.text ?? '', /people who use no relay cannot be reached/);
  });
});

describe('packets through the relay', () => {
  const echo = (received: number): Report =>
    report({ echo: { sent: 50, received, bytes: 1000, p50Ms: 20, p95Ms: 30 } });

  test('none comes back: failed; many are lost: a warning; few: nothing', () => {
    assert.match(said(echo(0)).text, /relays nothing: 50 of 50/);
    assert.equal(verdictsOf(echo(40), CONTEXT)[1]?.level, 'warn');
    assert.equal(verdictsOf(echo(49), CONTEXT).length, 1);
  });

  test('a server that does not relay to its own relays is still one', () => {
    const { echo: _echo, ...rest } = report();
    const own: Report = {
      ...rest,
      troubles: [{ step: 'permission', code: 'TURN_FORBIDDEN', status: 403, reason: '', system: undefined }],
    };
    assert.deepEqual(
      verdictsOf(own, CONTEXT).map(({ level }) => level),
      ['ok', 'warn'],
    );
  });

  test('percentiles', () => {
    assert.equal(percentile([], 0.5), undefined);
    assert.equal(percentile([5], 0.95), 5);
    assert.equal(percentile([3, 1, 2, 4], 0.5), 3);
  });
});

describe('certificates', () => {
  const secured = (fault: string | undefined, validToMs = NOW + 90 * 86_400_000): Report =>
    report({
      transport: 'tls',
      connectMs: 20,
      secure: {
        protocol: 'TLSv1.3',
        cipher: 'TLS_AES_128_GCM_SHA256',
        applicationProtocol: 'stun.turn',
        certificate: {
          fault,
          subject: 'CN=other.example.com',
          issuer: 'CN=Somebody',
          names: 'DNS:other.example.com',
          validFromMs: NOW - 86_400_000,
          validToMs,
        },
      },
    });

  test('each fault has its sentence', () => {
    for (const [fault, sentence] of [
      ['CERT_HAS_EXPIRED', /has ended on 2026-04-01/],
      ['CERT_NOT_YET_VALID', /not valid yet/],
      ['ERR_TLS_CERT_ALTNAME_INVALID', /not for turn\.example\.com, but for DNS:other\.example\.com/],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /CN=Somebody has issued it/],
      ['DEPTH_ZERO_SELF_SIGNED_CERT', /not trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT\)/],
    ] as const) {
      const finding = said(secured(fault));
      assert.equal(finding.level, 'fail');
      assert.match(finding.text, sentence);
    }
  });

  test('where TLS is only tried beside the rest, a bad one is a warning', () => {
    const findings = verdictsOf({ ...secured('DEPTH_ZERO_SELF_SIGNED_CERT'), optional: true }, CONTEXT);
    assert.deepEqual(
      findings.map(({ level }) => level),
      ['ok', 'warn'],
    );
  });

  test('a good one says nothing until it is about to end', () => {
    assert.equal(verdictsOf(secured(undefined), CONTEXT).length, 1);
    assert.equal(verdictsOf(secured(undefined, NOW + 86_400_000), CONTEXT)[1]?.level, 'warn');
  });
});

describe('all together', () => {
  const judge = (of: Report) => ({ report: of, findings: verdictsOf(of, CONTEXT) });

  test('the last line, and what the exit code will be', () => {
    const good = judge(report());
    const bad = judge({ ...trouble('connect', 'TURN_CONNECTION_CLOSED'), transport: 'tcp' });
    assert.deepEqual(overallOf([good]), { level: 'ok', text: 'The server works over UDP.', advice: [] });
    assert.match(overallOf([good, bad]).text, /works over UDP, but not in every way/);
    assert.equal(overallOf([good, bad]).level, 'fail');
    assert.match(overallOf([bad]).text, /cannot be used from here/);
  });

  test('as a table and as JSON', () => {
    const judged = [judge(report())];
    const outcome = {
      uri: 'turn:turn.example.com',
      addresses: [PUBLIC],
      resolveMs: 4.12345,
      judged,
      overall: overallOf(judged),
    };
    const text = writeOutcome(outcome, false);
    assert.match(text, /^turn:turn\.example\.com: 8\.8\.8\.8 \(looked up in 4\.1 ms\)$/m);
    assert.match(text, /^UDP +8\.8\.8\.8:3478 +- +12\.0 +25\.0 +12\.0 +26\.0 +31\.0 +0\/50$/m);
    assert.match(text, /^ok +The server works over UDP\.$/m);
    const json = JSON.parse(writeJson(outcome));
    assert.equal(json.ok, true);
    assert.equal(json.resolveMs, 4.123);
    assert.equal(json.tests[0].echo.p95Ms, 31);
    assert.equal(json.tests[0].findings[0].level, 'ok');
  });
});
