/** Data channels in SDP: `a=sctp-port`, `a=max-message-size`, and the older `a=sctpmap`. RFC 8841. */
import { attributeOf, type MediaDescription } from './description.ts';

/** RFC 8841 §6: where the attribute is absent. */
export const DEFAULT_MAX_MESSAGE_BYTES = 65_536;

/** RFC 8841 §5: 0 … 65535; 0 closes the association. `undefined` when it is absent or broken. */
export function sctpPortOf(media: MediaDescription): number | undefined {
  const value = attributeOf(media, 'sctp-port') ?? attributeOf(media, 'sctpmap')?.split(' ')[0];
  if (value === undefined || !/^\d{1,5}$/.test(value)) return undefined;
  const port = Number(value);
  return port <= 65_535 ? port : undefined;
}

/** In bytes; 0 means any size (RFC 8841 §6.1). `undefined` when it is broken. */
export function maxMessageBytesOf(media: MediaDescription): number | undefined {
  const value = attributeOf(media, 'max-message-size');
  if (value === undefined) return DEFAULT_MAX_MESSAGE_BYTES;
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** RFC 8841 §4.2 and what came before it: `UDP/DTLS/SCTP`, `TCP/DTLS/SCTP`, `DTLS/SCTP`. */
export function isDataSection({ kind, protocol }: MediaDescription): boolean {
  return kind === 'application' && /^((UDP|TCP)\/)?DTLS\/SCTP$/.test(protocol);
}
