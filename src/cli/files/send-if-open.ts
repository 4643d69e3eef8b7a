/** Sends on a channel that may end at any moment. What is lost by that is asked for again on the next one. */
import type { RTCDataChannel } from '../../node/webrtc/index.ts';

/** Does nothing on a channel that is closed; throws whatever else `send` does. */
export function sendIfOpen(
  channel: Pick<RTCDataChannel, 'readyState' | 'send'>,
  data: string | Uint8Array,
): void {
  if (channel.readyState !== 'open') return;
  try {
    channel.send(data);
  } catch (error) {
    // The other side has closed it, and the event that tells so is still to come.
    if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error;
  }
}
