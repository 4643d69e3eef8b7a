/**
 * Asks somebody else's program for the credentials of a TURN user, by HTTP. One request, no redirects, small, quick,
 * and few at a time. Remembers nothing. docs/hosting.md tells what is said.
 */
import { lookup as systemLookup } from 'node:dns';
import { type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import * as v from 'valibot';
import { decodeHex } from '../../base/index.ts';
import { scopeOf } from '../../node/index.ts';
import type { FoundCredentials } from '../../turn/index.ts';

export interface CredentialsWebhookOptions {
  readonly url: string;
  /** Asked at each request: a reload may change it. */
  readonly token: () => string | undefined;
  /** One sentence, without secrets, each time that there is no answer. */
  readonly onFailure: (reason: string) => void;
  readonly timeoutMs?: number;
}

export type CredentialsAnswer = FoundCredentials | undefined | 'unavailable';

/** A TURN client asks again after 0.5, 1.5, 3.5 s …: what comes later helps nobody. */
const TIMEOUT_MS = 3_000;
/** Longer than any answer that is meant. */
const MOST_BYTES = 16_384;
/** Enough for hundreds of new users a second at 100 ms; the others are told 500 and try again. */
const MOST_AT_ONCE = 64;

const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(512));

const Answer = v.union([
  v.pipe(
    v.object({
      password: v.optional(Text),
      /** Hexadecimal; MD5 (16 bytes) or SHA-256 (32 bytes) of `username:realm:password`. RFC 8489 §9.2.2, §18.5.1. */
      key: v.optional(v.pipe(v.string(), v.regex(/^(?:[\da-f]{32}|[\da-f]{64})$/i))),
      /** Seconds since 1970. */
      expires: v.optional(v.pipe(v.number(), v.minValue(0))),
      /** Whom quotas count; several names may be one customer. */
      quota: v.optional(Text),
    }),
    v.check(({ password, key }) => password !== undefined || key !== undefined),
  ),
  // "Nobody has this name", for programs that would rather not answer 404.
  v.strictObject({}),
  v.null(),
]);

export class CredentialsWebhook {
  readonly #options: CredentialsWebhookOptions;
  #pending = 0;

  constructor(options: CredentialsWebhookOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async ask(username: string, realm: string): Promise<CredentialsAnswer> {
    if (this.#pending >= MOST_AT_ONCE) return this.#failed('too many questions are under way');
    this.#pending += 1;
    try {
      const { status, text } = await this.#post(JSON.stringify({ username, realm }));
      if (status === 404) return undefined;
      if (status !== 200) return this.#failed(`it answered ${status}`);
      const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), Answer), text);
      if (!answer.success) return this.#failed('its answer does not have the expected form');
      return foundIn(answer.output);
    } catch (error) {
      return this.#failed(error instanceof Error ? error.message : String(error));
    } finally {
      this.#pending -= 1;
    }
  }

  #failed(reason: string): 'unavailable' {
    this.#options.onFailure(reason);
    return 'unavailable';
  }

  #post(body: string): Promise<{ readonly status: number; readonly text: string }> {
    const { url, token, timeoutMs = TIMEOUT_MS } = this.#options;
    const target = new URL(url);
    const bearer = token();
    const options: RequestOptions = {
      method: 'POST',
      lookup: target.protocol === 'http:' ? nearbyLookup : undefined,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
    };
    return new Promise((resolve, reject) => {
      const host = target.hostname.replace(/^\[|\]$/g, '');
      if (target.protocol === 'http:' && isIP(host) > 0 && !isNearby(host)) throw notNearby(host);
      const request: ClientRequest =
        target.protocol === 'http:' ? httpRequest(target, options) : httpsRequest(target, options);
      request.once('error', (error) =>
        reject(error.name === 'AbortError' || error.name === 'TimeoutError' ? tooSlow(timeoutMs) : error),
      );
      request.once('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MOST_BYTES) {
            reject(new Error(`its answer is longer than ${MOST_BYTES} bytes`));
            response.destroy();
          } else chunks.push(chunk);
        });
        response.once('error', (error) => reject(error.name === 'AbortError' ? tooSlow(timeoutMs) : error));
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      request.end(body);
    });
  }
}

function foundIn(answer: v.InferOutput<typeof Answer>): FoundCredentials | undefined {
  if (answer === null || !('password' in answer || 'key' in answer)) return undefined;
  const { password, key, expires, quota } = answer;
  const bytes = key === undefined ? undefined : decodeHex(key.toLowerCase());
  return {
    ...(password !== undefined && { password }),
    ...(bytes && { key: bytes }),
    ...(expires !== undefined && { expiresAt: expires * 1000 }),
    ...(quota !== undefined && { quotaName: quota }),
  };
}

/** Without TLS passwords go in the clear: only on this machine and in private networks. Judged by what the name means. */
const nearbyLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 4);
    const far = addresses.find(({ address }) => !isNearby(address));
    const [first] = addresses;
    if (far || !first) return callback(notNearby(far?.address ?? hostname), '', 4);
    if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

function isNearby(ip: string): boolean {
  return ['loopback', 'private'].includes(scopeOf(ip));
}

function notNearby(ip: string): Error {
  return new Error(`${ip} is a public address: --credentials-url must begin with https:// then`);
}

function tooSlow(timeoutMs: number): Error {
  return new Error(`it did not answer within ${timeoutMs} ms`);
}
