/**
 * The place of one person in one room as a signed text that the person keeps: with it a reloaded page finds the door
 * open, and after a restart of the server rooms come back out of the hands of those who were in them.
 */
import * as v from 'valibot';
import type { CryptoProvider, Millis } from '../base/index.ts';
import { ParticipantId, RoomId, RoomTitle } from './ids.ts';
import { Entry, Visibility } from './messages.ts';
import { SignedText } from './signed-text.ts';

/** What the host decides about a room. `revision` counts changes, so that of two memories the newer one wins. */
const RoomSettings = v.object({
  title: RoomTitle,
  visibility: Visibility,
  entry: Entry,
  locked: v.boolean(),
  passcode: v.nullable(v.object({ salt: v.string(), digest: v.string() })),
  limit: v.number(),
  revision: v.number(),
});
export type RoomSettings = Readonly<v.InferOutput<typeof RoomSettings>>;

const Seat = v.object({
  room: RoomId,
  participant: ParticipantId,
  host: ParticipantId,
  settings: RoomSettings,
  /** The latest people that the host removed, so that a restart does not bring them back. */
  removed: v.array(ParticipantId),
  /** Milliseconds since 1970. */
  expiresAt: v.number(),
});
export type Seat = Readonly<v.InferOutput<typeof Seat>>;

export class SeatTokens {
  readonly #signed: SignedText;

  constructor(crypto: CryptoProvider, secret: Uint8Array) {
    this.#signed = new SignedText(crypto, secret, 'seats');
  }

  write(seat: Seat): string {
    return this.#signed.write(JSON.stringify(seat));
  }

  /** `undefined` when it is not ours, was made by a version with other members, or has expired at `wallNow`. */
  read(token: string, wallNow: Millis): Seat | undefined {
    const payload = this.#signed.read(token);
    if (payload === undefined) return undefined;
    const parsed = v.safeParse(Seat, JSON.parse(payload)); // signed by us, so it is JSON
    return parsed.success && parsed.output.expiresAt > wallNow ? parsed.output : undefined;
  }
}
