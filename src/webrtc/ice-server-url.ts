/** Whether a text is the URL of a STUN or TURN server. webrtc.html §4.4.1.6, RFC 7064, RFC 7065. */
import { domException } from './errors.ts';

const SCHEMES: readonly string[] = ['stun:', 'stuns:', 'turn:', 'turns:'];

/** Throws a SyntaxError that says what is wrong. */
export function validateIceServerUrl(text: string): void {
  const url = parse(text);
  if (!url || !SCHEMES.includes(url.protocol)) {
    throw syntaxError(text, 'it begins with stun:, stuns:, turn: or turns:');
  }
  const { href, pathname, protocol, search } = url;
  const opaque = url.host === '' && !href.startsWith(`${protocol}/`);
  if (!opaque || /[/@]/.test(pathname)) throw syntaxError(text, 'a host and maybe a port follow the scheme');
  if (href.includes('#')) throw syntaxError(text, 'it has no fragment');
  const isTurn = protocol.startsWith('turn');
  if (!isTurn && href.includes('?')) throw syntaxError(text, 'the URL of a STUN server has no query');
  if (!parse(`https://${pathname}`)) throw syntaxError(text, 'a host and maybe a port follow the scheme');
  const transported = ['?transport=udp', '?transport=tcp'].includes(search);
  if (href.includes('?') && !transported) {
    throw syntaxError(text, 'its query is transport=udp or transport=tcp');
  }
}

export function isTurnUrl(text: string): boolean {
  return /^\s*turns?:/i.test(text);
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function syntaxError(text: string, rule: string): DOMException {
  return domException('SyntaxError', `"${text}" is no URL of an ICE server: ${rule}.`);
}

/** How a TURN server is spoken to. webrtc.html §4.8.1.8 knows no DTLS: it is UDP. */
export function relayProtocolOf(url: string): 'udp' | 'tcp' | 'tls' {
  if (/[?]transport=udp/.test(url)) return 'udp';
  if (/^turns:/i.test(url)) return 'tls';
  return /[?]transport=tcp/.test(url) ? 'tcp' : 'udp';
}
