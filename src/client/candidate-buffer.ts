/**
 * Holds remote candidates until the description that they belong to has been applied. Candidates may overtake their
 * description, and after an ICE restart old and new ones mix; the username fragment tells them apart.
 * W3C webrtc §4.4.2 (addIceCandidate), RFC 8838 §8.
 */

/** Six interfaces of forty candidates; more than that before their description bounds a peer that only sends candidates. */
const MAX_HELD = 256;

export class CandidateBuffer {
  #held: RTCIceCandidateInit[] = [];

  hold(candidate: RTCIceCandidateInit): void {
    if (this.#held.length >= MAX_HELD) this.#held.shift(); // the oldest belong to an offer that was given up
    this.#held.push(candidate);
  }

  /** Those that belong to `description`; the others stay held. */
  takeFor(description: RTCSessionDescription | null): readonly RTCIceCandidateInit[] {
    const fitting = this.#held.filter((candidate) => belongsTo(candidate, description));
    if (fitting.length > 0) this.#held = this.#held.filter((candidate) => !fitting.includes(candidate));
    return fitting;
  }

  clear(): void {
    this.#held = [];
  }
}

/** Whether `candidate` may be given to a connection whose remote description is `description`. */
export function belongsTo(
  candidate: RTCIceCandidateInit,
  description: RTCSessionDescription | null,
): boolean {
  if (!description) return false;
  const fragment = candidate.usernameFragment ?? /\bufrag (\S+)/.exec(candidate.candidate ?? '')?.[1];
  return fragment === undefined || usernameFragments(description.sdp).has(fragment);
}

/** RFC 8839 §5.4. */
function usernameFragments(sdp: string): ReadonlySet<string> {
  return new Set([...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map((match) => match[1] ?? ''));
}
