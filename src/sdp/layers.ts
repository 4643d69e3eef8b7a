/** Several encodings of one source: `a=rid` and `a=simulcast`. RFC 8851, RFC 8853. */

export interface RestrictionId {
  /** RFC 8851 §10: letters and digits; RFC 8852 §3.1 makes it fit a header extension. */
  readonly id: string;
  readonly direction: 'send' | 'recv';
  /** `pt=`; empty when it may be any. */
  readonly payloadTypes: readonly number[];
  /** `max-width` and its like, in order; a value may be missing. */
  readonly restrictions: readonly (readonly [name: string, value: string])[];
}

export interface SimulcastLayer {
  readonly id: string;
  /** RFC 8853 §5.1: `~` before the id: known, not sent at first. */
  readonly paused: boolean;
}

export interface Simulcast {
  /** Layers, each with its alternatives, best first. */
  readonly send: readonly (readonly SimulcastLayer[])[];
  readonly recv: readonly (readonly SimulcastLayer[])[];
}

const ID = /^[A-Za-z0-9_-]{1,255}$/;

export function parseRestrictionId(value: string): RestrictionId | undefined {
  const [id = '', direction, rest = '', ...more] = value.trim().split(' ');
  if (!ID.test(id) || (direction !== 'send' && direction !== 'recv') || more.length > 0) return undefined;
  const payloadTypes: number[] = [];
  const restrictions: (readonly [string, string])[] = [];
  for (const part of rest.split(';').filter((text) => text !== '')) {
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    const text = at < 0 ? '' : part.slice(at + 1);
    if (name !== 'pt') restrictions.push([name, text]);
    else if (/^\d{1,3}(,\d{1,3})*$/.test(text)) payloadTypes.push(...text.split(',').map(Number));
    else return undefined;
  }
  return { id, direction, payloadTypes, restrictions };
}

export function writeRestrictionId({ id, direction, payloadTypes, restrictions }: RestrictionId): string {
  const parts = payloadTypes.length > 0 ? [`pt=${payloadTypes.join(',')}`] : [];
  for (const [name, value] of restrictions) parts.push(value === '' ? name : `${name}=${value}`);
  return `${id} ${direction}${parts.length > 0 ? ` ${parts.join(';')}` : ''}`;
}

/** RFC 8853 §5.1: each direction at most once, at least one of them. */
export function parseSimulcast(value: string): Simulcast | undefined {
  const words = value.trim().split(/ +/);
  const found = new Map<string, (readonly SimulcastLayer[])[]>();
  for (let i = 0; i < words.length; i += 2) {
    const direction = words[i] ?? '';
    const layers = parseLayers(words[i + 1] ?? '');
    if ((direction !== 'send' && direction !== 'recv') || found.has(direction) || !layers) return undefined;
    found.set(direction, layers);
  }
  return { send: found.get('send') ?? [], recv: found.get('recv') ?? [] };
}

export function writeSimulcast({ send, recv }: Simulcast): string {
  const words: string[] = [];
  if (send.length > 0) words.push(`send ${writeLayers(send)}`);
  if (recv.length > 0) words.push(`recv ${writeLayers(recv)}`);
  return words.join(' ');
}

function parseLayers(text: string): (readonly SimulcastLayer[])[] | undefined {
  const layers = text.split(';').map((layer) =>
    layer.split(',').map((one) => {
      const paused = one.startsWith('~');
      return { id: paused ? one.slice(1) : one, paused };
    }),
  );
  return layers.flat().every(({ id }) => ID.test(id)) ? layers : undefined;
}

function writeLayers(layers: readonly (readonly SimulcastLayer[])[]): string {
  return layers
    .map((layer) => layer.map(({ id, paused }) => `${paused ? '~' : ''}${id}`).join(','))
    .join(';');
}
