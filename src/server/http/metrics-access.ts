/** Whether a request brings the token that opens /metrics. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** `undefined`: it brings none, or none is asked for. */
export function bearerFits(request: IncomingMessage, token: string | undefined): boolean | undefined {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined || given === undefined) return undefined;
  return timingSafeEqual(digest(given), digest(token));
}

/** Of one length, whatever is compared. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
