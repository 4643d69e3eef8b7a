/** Judging an RTCConfiguration, and putting its servers as the ICE agent wants them. webrtc.html §4.4.1.6. */
import { encodeUtf8 } from '../base/index.ts';
import type { IceServer } from '../ice/index.ts';
import { parseServerUri } from '../stun/index.ts';
import { PeerFault } from './peer-fault.ts';
import type { PeerConfiguration, PeerIceServer } from './session-options.ts';

/** RFC 8489 §14.3: fewer than 509 bytes. */
const MAX_USERNAME_BYTES = 508;

/** Throws what W3C says for a first configuration, or for one that follows `old`. */
export function judgeConfiguration(
  configuration: PeerConfiguration,
  old: { readonly configuration: PeerConfiguration; readonly hasGathered: boolean } | undefined,
): void {
  if (old) judgeChange(configuration, old);
  const { iceCandidatePoolSize: pool } = configuration;
  if (!Number.isInteger(pool) || pool < 0 || pool > 255)
    throw new PeerFault('TypeError', `iceCandidatePoolSize is 0 … 255, not ${pool}.`);
  for (const server of configuration.iceServers) judgeServer(server);
}

export function iceServersOf(configuration: PeerConfiguration): readonly IceServer[] {
  return configuration.iceServers.map(({ urls, username, credential }) => ({
    urls,
    credentials:
      username === undefined || credential === undefined ? undefined : { username, password: credential },
  }));
}

/** Whether candidates would be gathered in the same way. RFC 9429 §4.1.18. */
export function gathersAlike(a: PeerConfiguration, b: PeerConfiguration): boolean {
  const inOrder = ({ iceServers, iceTransportPolicy }: PeerConfiguration) =>
    JSON.stringify([
      iceTransportPolicy,
      iceServers.map(({ urls, username, credential }) => [urls, username, credential]),
    ]);
  return inOrder(a) === inOrder(b);
}

function judgeChange(
  { bundlePolicy, rtcpMuxPolicy, iceCandidatePoolSize }: PeerConfiguration,
  { configuration: old, hasGathered }: { configuration: PeerConfiguration; hasGathered: boolean },
): void {
  const refuse = (member: string): never => {
    throw new PeerFault(
      'InvalidModificationError',
      `${member} cannot change any more; make a new connection.`,
    );
  };
  if (bundlePolicy !== old.bundlePolicy) refuse('bundlePolicy');
  if (rtcpMuxPolicy !== old.rtcpMuxPolicy) refuse('rtcpMuxPolicy');
  if (hasGathered && iceCandidatePoolSize !== old.iceCandidatePoolSize) refuse('iceCandidatePoolSize');
}

function judgeServer({ urls, username, credential }: PeerIceServer): void {
  if (urls.length === 0) throw new PeerFault('SyntaxError', 'An ICE server needs at least one URL.');
  for (const url of urls) {
    const uri = parseServerUri(url);
    if (!uri) {
      throw new PeerFault(
        'SyntaxError',
        `${JSON.stringify(url.slice(0, 100))} is no URL of a STUN or TURN server, such as turn:example.org:3478?transport=udp.`,
      );
    }
    if (uri.protocol !== 'turn') continue;
    if (username === undefined || credential === undefined)
      throw new PeerFault('InvalidAccessError', 'A TURN server needs both username and credential.');
    if (encodeUtf8(username).length > MAX_USERNAME_BYTES)
      throw new PeerFault(
        'InvalidAccessError',
        `The username of a TURN server has at most ${MAX_USERNAME_BYTES} bytes.`,
      );
  }
}
