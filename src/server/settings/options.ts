/** The table of all options. Everything that is said about an option anywhere comes from here. */
import { flagOf, type Mode, option, variableOf } from './option.ts';
import { RELAY_OPTIONS } from './relay-options.ts';
import * as shape from './shapes.ts';

/** In production the server listens on loopback only, so that whoever connects is a proxy of this machine. */
const LOOPBACK = ['127.0.0.1', '::1'].map(shape.namedRange);

export const OPTIONS = {
  mode: option<Mode>(shape.choice('development', 'production'), {
    group: 'Start',
    fallback: 'development',
    outsideFile: true,
    help: 'Which part of settings.json is used. The words dev and real after the command choose it too.',
  }),
  settings: option(shape.optional(shape.path('FILE')), {
    group: 'Start',
    fallback: undefined,
    fallbackText: './settings.json where there is one',
    outsideFile: true,
    help: 'The file with settings by mode.',
  }),
  stateDir: option(shape.optional(shape.path('DIR')), {
    group: 'Start',
    fallback: undefined,
    fallbackText:
      'Linux ~/.local/state/ieum, macOS ~/Library/Application Support/ieum, Windows %LOCALAPPDATA%\\ieum',
    help: 'The folder for what is made at the first start and kept: the certificate authority and the secrets. Only its owner can read it.',
  }),
  drainSeconds: option(shape.whole('SECONDS', 0, 3600), {
    group: 'Start',
    live: true,
    fallback: 8,
    help: 'How long a stopping server waits for its clients to move on. Below the 10 seconds that container runtimes give; a relay that is to end no call needs more.',
  }),
  drainMinAllocations: option(shape.whole('COUNT', 0, 60_000), {
    group: 'Start',
    live: true,
    fallback: 0,
    help: 'A stopping `ieum turn` ends as soon as no more allocations than this are left.',
  }),
  controlSocket: option(shape.optional(shape.path('FILE')), {
    group: 'Start',
    fallback: undefined,
    fallbackText: 'control.sock in the state folder; a named pipe on Windows',
    help: 'The socket by which `ieum reload` and `ieum turn sessions` speak with the running server. Only the owner of the server can use it.',
  }),

  host: option(shape.host, {
    group: 'Web',
    fallback: { development: '0.0.0.0', production: '127.0.0.1' },
    help: 'The address that the web server listens on. 0.0.0.0 is every IPv4 address, :: every address.',
  }),
  port: option(shape.port, {
    group: 'Web',
    fallback: { development: 8080, production: 80 },
    help: 'The one TCP port: HTTPS and WebSocket, TURN over TCP and TLS, and plain HTTP that is redirected. 0 takes a free one.',
  }),
  httpPort: option(shape.optional(shape.port), {
    group: 'Web',
    fallback: undefined,
    fallbackText: 'off: the one port redirects already',
    help: 'A second port that redirects plain HTTP to HTTPS, usually 80.',
  }),
  trustedProxies: option(shape.ranges, {
    group: 'Web',
    fallback: { development: [], production: LOOPBACK },
    help: 'Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. Such a proxy may speak plain HTTP to the port.',
  }),
  allowedOrigins: option(shape.origins, {
    group: 'Web',
    fallback: [],
    help: 'Further origins whose pages may use the signaling. Its own page always may.',
  }),
  metricsToken: option(shape.optional(shape.secret), {
    group: 'Web',
    live: true,
    fallback: undefined,
    fallbackText: 'none: /metrics answers to loopback only',
    secret: true,
    help: 'With this bearer token /metrics can be read from elsewhere.',
  }),
  healthPort: option(shape.optional(shape.port), {
    group: 'Web',
    fallback: undefined,
    fallbackText: 'off; `ieum serve` answers on --port',
    help: 'A port of `ieum turn` for /healthz, /readyz and /metrics over plain HTTP.',
  }),
  healthHost: option(shape.host, {
    group: 'Web',
    fallback: '127.0.0.1',
    help: 'The address that --health-port listens on. Elsewhere than on loopback /metrics needs --metrics-token.',
  }),

  cert: option(shape.optional(shape.path('FILE')), {
    group: 'Certificate',
    fallback: undefined,
    fallbackText: 'a certificate from our own authority',
    help: 'A PEM file with the certificate and its chain. It is read again when it changes. Needs --key.',
  }),
  key: option(shape.optional(shape.path('FILE')), {
    group: 'Certificate',
    fallback: undefined,
    help: 'The PEM file with the private key of --cert.',
  }),

  roomLimit: option(shape.whole('PEOPLE', 2, 16), {
    group: 'Calls',
    fallback: 6,
    help: 'How many people fit into a room. Everybody sends to everybody, so each one more costs all of them upload.',
  }),
  credentialMinutes: option(shape.whole('MINUTES', 1, 1440), {
    group: 'Calls',
    live: true,
    fallback: 10,
    help: 'How long TURN credentials of a participant live. Calls get fresh ones at half of it.',
  }),

  ...RELAY_OPTIONS,

  logLevel: option(shape.choice('debug', 'info', 'warn', 'error', 'silent'), {
    group: 'Log',
    live: true,
    fallback: 'info',
    help: 'The least important messages that are logged. The log goes to standard error.',
  }),
  logFormat: option(shape.optional(shape.choice('pretty', 'json')), {
    group: 'Log',
    fallback: undefined,
    fallbackText: 'pretty in a terminal, json elsewhere',
    help: 'Lines for people, or one JSON object a line.',
  }),
  qr: option(shape.toggle, {
    group: 'Log',
    fallback: true,
    help: 'Prints the link as a QR code at the start. --no-qr leaves it out.',
  }),
};

export type OptionKey = keyof typeof OPTIONS;

type ValueOf<O> = O extends { readonly fallback: Readonly<Record<Mode, infer T>> } ? T : never;

/** The effective value of every option. */
export type Settings = { readonly [Key in OptionKey]: ValueOf<(typeof OPTIONS)[Key]> };

export const OPTION_KEYS = Object.keys(OPTIONS) as readonly OptionKey[];

/** In the order of the table. */
export function keysInGroups(...groups: readonly (typeof OPTIONS)[OptionKey]['group'][]): OptionKey[] {
  return OPTION_KEYS.filter((key) => groups.includes(OPTIONS[key].group));
}

export function keyOfFlag(name: string): OptionKey | undefined {
  return OPTION_KEYS.find((key) => flagOf(key) === name);
}

export function keyOfVariable(name: string): OptionKey | undefined {
  return OPTION_KEYS.find((key) => variableOf(key) === name);
}
