/** The shapes of names that travel: rooms, participants, display names, passcodes. Mints none of them. */
import * as v from 'valibot';

/** 24 characters of base32: 80 random bits, flags, and the server's own tag, so that a typing error is noticed. */
export const RoomId = v.pipe(
  v.string(),
  v.regex(/^[a-z2-7]{24}$/, 'a room id has 24 letters and digits'),
  v.brand('RoomId'),
);
export type RoomId = v.InferOutput<typeof RoomId>;

/** 16 characters of base32: 80 random bits. */
export const ParticipantId = v.pipe(
  v.string(),
  v.regex(/^[a-z2-7]{16}$/, 'a participant id has 16 letters and digits'),
  v.brand('ParticipantId'),
);
export type ParticipantId = v.InferOutput<typeof ParticipantId>;

/**
 * Names are shown in logs, terminals and lists: no control characters, no line separators, and none of the
 * characters that turn the direction of what stands beside them. UAX #9 §2.
 */
const HARMLESS = /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u;

/** What people see. Trimmed; has something that can be seen. */
export const DisplayName = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1),
  v.maxLength(64),
  v.regex(HARMLESS, 'control characters are not allowed'),
  v.regex(/[\p{L}\p{N}\p{P}\p{S}]/u, 'a name needs something that can be seen'),
);

export const RoomTitle = v.pipe(
  v.string(),
  v.trim(),
  v.maxLength(80),
  v.regex(HARMLESS, 'control characters are not allowed'),
);

export const Passcode = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** An opaque text that the server signed. */
export const Token = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
