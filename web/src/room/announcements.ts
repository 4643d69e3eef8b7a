/** What changed in a call that a person would want to hear about: pure differences of two snapshots. */
import type { CallState, PeerState } from '../../../src/client/index.ts';
import type { Words } from '../words/en.ts';

function changesOf(before: PeerState, after: PeerState, words: Words): string[] {
  const said: string[] = [];
  const name = after.name;
  if (before.away !== after.away) said.push(after.away ? words.isAway(name) : words.isBack(name));
  if (before.media.microphone !== after.media.microphone) {
    said.push(after.media.microphone ? words.hasUnmuted(name) : words.hasMuted(name));
  }
  if (before.media.screen !== after.media.screen) {
    said.push(after.media.screen ? words.sharesScreen(name) : words.stoppedScreen(name));
  }
  return said;
}

/** Sentences in the order of the people. Silent unless both snapshots are of one stay in one room. */
export function announcements(
  before: CallState,
  after: CallState,
  words: Words,
  chatOpen: boolean,
): readonly string[] {
  if (after.phase !== 'in-room' || before.phase !== 'in-room' || before.room?.id !== after.room?.id)
    return [];
  const said: string[] = [];
  for (const peer of before.peers) {
    if (!after.peers.some((other) => other.id === peer.id)) said.push(words.hasLeft(peer.name));
  }
  for (const peer of after.peers) {
    const known = before.peers.find((other) => other.id === peer.id);
    said.push(...(known ? changesOf(known, peer, words) : [words.hasJoined(peer.name)]));
  }
  if (!before.isHost && after.isHost && before.self === after.self) said.push(words.youAreHost);
  // An open chat tells its messages itself.
  for (const entry of chatOpen ? [] : after.chat) {
    const known = before.chat.some((other) => other.id === entry.id);
    if (!known && entry.from !== 'self') said.push(`${words.messageFrom(entry.name)}: ${entry.text}`);
  }
  return said;
}
