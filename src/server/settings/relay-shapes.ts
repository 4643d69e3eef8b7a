/** The shapes of values that only STUN and TURN have: servers, keys for tokens, threads, a webhook. */
import { isIP } from 'node:net';
import * as v from 'valibot';
import { canonicalIp, decodeBase64, invariant, type SocketAddress } from '../../base/index.ts';
import { IpAddress, list, PlainText, type Shape, whole } from './shapes.ts';

/** A key of RFC 7635 §6.2, known to authorization server and TURN server. */
export interface OauthKey {
  /** What tokens call it by, in the USERNAME attribute. */
  readonly kid: string;
  /** 16 bytes for AEAD_AES_128_GCM, 32 bytes for AEAD_AES_256_GCM. */
  readonly key: Uint8Array;
}

/** More than 8 cores have nobody measured; each thread costs some 40 MB. */
export const MOST_WORKERS = 8;

export const address: Shape<string> = {
  kind: 'value',
  placeholder: 'IP',
  expects: 'an IP address',
  schema: IpAddress,
};

const digits = whole('COUNT', 0, MOST_WORKERS);

export const workers: Shape<number | 'auto'> = {
  kind: 'value',
  placeholder: 'auto|COUNT',
  expects: `auto or ${digits.expects}`,
  schema: v.union([v.literal('auto'), digits.schema]),
};

export interface NamedServer extends SocketAddress {
  /** TLS and DTLS are spoken there, and nothing else. */
  readonly secure: boolean;
  /** The name in its certificate. RFC 8489 §14.16. */
  readonly domain?: string;
}

/** `203.0.113.8:3478`, `turns:[2001:db8::8]:5349=turn.example.com`. RFC 8489 §14.15, §14.16. */
export const servers = list<NamedServer>(
  'IP:PORT',
  'an address and a port, as in 203.0.113.8:3478, [2001:db8::8]:3478, or turns:203.0.113.8:5349=turn.example.com',
  v.pipe(
    v.string(),
    v.check((written) => parseServer(written) !== undefined),
    v.transform((written): NamedServer => {
      const server = parseServer(written);
      invariant(server, 'checked by the schema');
      return server;
    }),
  ),
);

function parseServer(written: string): NamedServer | undefined {
  const [, scheme, six, four, digitsOfPort, domain] =
    /^(?:(turns?):)?(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})(?:=([a-z\d][a-z\d.-]{0,252}))?$/i.exec(written) ?? [];
  const ip = six ?? four ?? '';
  const port = Number(digitsOfPort);
  if (isIP(ip) !== (six === undefined ? 4 : 6) || ip.includes('%') || !(port >= 1 && port <= 65_535)) {
    return undefined;
  }
  return {
    ip: canonicalIp(ip) ?? ip,
    port,
    secure: scheme === 'turns',
    ...(domain !== undefined && { domain: domain.toLowerCase() }),
  };
}

/** RFC 7635 §4.1: 128-bit and 256-bit keys of AES in GCM. */
const OAUTH_KEY_BYTES: readonly (number | undefined)[] = [16, 32];

/** A kid is a USERNAME, so it has fewer than 509 bytes (RFC 8489 §14.3). */
export const oauthKeys = list<OauthKey>(
  'KID:BASE64',
  'kid:key, the key being 16 or 32 bytes in base64',
  v.pipe(
    PlainText,
    v.regex(/^[^:]{1,128}:[A-Za-z\d+/_-]+={0,2}$/u),
    v.check((written) => OAUTH_KEY_BYTES.includes(keyBytes(written)?.length)),
    v.transform((written): OauthKey => {
      const key = keyBytes(written);
      invariant(key, 'checked by the schema');
      return { kid: written.slice(0, written.indexOf(':')), key };
    }),
  ),
);

function keyBytes(written: string): Uint8Array | undefined {
  return decodeBase64(written.slice(written.indexOf(':') + 1));
}

/** No name and password in it: those would be shown with the other settings. */
export const webhookUrl: Shape<string> = {
  kind: 'value',
  placeholder: 'URL',
  expects: 'a URL that begins with https:// or http:// and holds no password',
  schema: v.pipe(
    PlainText,
    v.check((written) => {
      if (!URL.canParse(written)) return false;
      const { protocol, username, password } = new URL(written);
      return /^https?:$/.test(protocol) && username === '' && password === '';
    }),
  ),
};
