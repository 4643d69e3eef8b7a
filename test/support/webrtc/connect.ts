/** Two connections that hand each other everything, as a signaling channel would: over JSON, in order. */
import type { RTCDataChannel, RTCDataChannelInit, RTCPeerConnection } from '../../../src/webrtc/index.ts';

/** Perfect negotiation's plain case: `offerer` offers whenever it has to. Candidates trickle both ways. */
export function wire(offerer: RTCPeerConnection, answerer: RTCPeerConnection): void {
  const overJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  offerer.onicecandidate = ({ candidate }) => void deliver(answerer.addIceCandidate(overJson(candidate)));
  answerer.onicecandidate = ({ candidate }) => void deliver(offerer.addIceCandidate(overJson(candidate)));
  offerer.onnegotiationneeded = () => void deliver(negotiate(offerer, answerer, overJson));
}

async function negotiate(
  offerer: RTCPeerConnection,
  answerer: RTCPeerConnection,
  overJson: <T>(value: T) => T,
): Promise<void> {
  await offerer.setLocalDescription();
  if (offerer.localDescription) await answerer.setRemoteDescription(overJson(offerer.localDescription));
  await answerer.setLocalDescription();
  if (answerer.localDescription) await offerer.setRemoteDescription(overJson(answerer.localDescription));
}

/** What a connection that was closed meanwhile refuses is of no matter; anything else is a finding. */
async function deliver(promise: Promise<void>): Promise<void> {
  await promise.catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error;
  });
}

export function once<Fired = Event>(target: EventTarget, type: string): Promise<Fired> {
  return new Promise((resolve) =>
    target.addEventListener(type, (event) => resolve(event as Fired), { once: true }),
  );
}

export interface OpenPair {
  readonly near: RTCDataChannel;
  readonly far: RTCDataChannel;
}

/** A channel of `offerer`, and its other end. */
export async function openChannel(
  offerer: RTCPeerConnection,
  answerer: RTCPeerConnection,
  label = 'data',
  init: RTCDataChannelInit = {},
): Promise<OpenPair> {
  const announced = once<{ readonly channel: RTCDataChannel }>(answerer, 'datachannel');
  const near = offerer.createDataChannel(label, init);
  const opened = once(near, 'open');
  const [{ channel: far }] = await Promise.all([announced, opened]);
  return { near, far };
}
