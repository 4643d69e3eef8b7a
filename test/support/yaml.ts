/**
 * Reads the YAML that deployment files are written in: maps, lists, flow lists of one line, plain and quoted scalars,
 * `|` blocks, comments, several documents. Throws for anything else, so that nothing is read differently than meant.
 * YAML 1.2.2 §8.
 */

export type Yaml = string | number | boolean | null | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
  readonly number: number;
}

export function parseYaml(source: string): readonly Yaml[] {
  const documents = source.split(/^---$/m);
  let first = 0;
  return documents.map((text) => {
    const reader = new Reader(text, first);
    first += text.split('\n').length - 1;
    return reader.document();
  });
}

class Reader {
  readonly #raw: readonly string[];
  readonly #offset: number;
  #at = 0;

  constructor(text: string, offset: number) {
    this.#raw = text.split('\n');
    this.#offset = offset;
  }

  document(): Yaml {
    const start = this.#peek();
    const value = start ? this.#block(start.indent) : null;
    const rest = this.#peek();
    if (rest) throw this.#wrong(rest, 'is indented differently');
    return value;
  }

  #block(indent: number): Yaml {
    return this.#peek()?.text.startsWith('- ') ? this.#list(indent) : this.#map(indent);
  }

  #list(indent: number): Yaml {
    const items: Yaml[] = [];
    for (
      let line = this.#peek();
      line?.indent === indent && line.text.startsWith('- ');
      line = this.#peek()
    ) {
      const inner = line.text.slice(2);
      if (/^[\w./-]+:( |$)/.test(inner)) items.push(this.#map(indent + 2, inner));
      else {
        this.#at += 1;
        items.push(scalar(inner, (why) => this.#wrong(line, why)));
      }
    }
    return items;
  }

  /** `opening`: the first entry, where it stands behind a dash. */
  #map(indent: number, opening?: string): Yaml {
    const map: Record<string, Yaml> = {};
    let next = opening;
    for (let line = this.#peek(); line; line = this.#peek()) {
      const text = next ?? line.text;
      if (next === undefined && (line.indent !== indent || text.startsWith('- '))) break;
      next = undefined;
      const [, key, written] = /^([\w./-]+):(?: (.*))?$/.exec(text) ?? [];
      if (key === undefined) throw this.#wrong(line, 'is no "key: value"');
      if (Object.hasOwn(map, key)) throw this.#wrong(line, `has ${key} twice`);
      this.#at += 1;
      map[key] = this.#value(line, indent, (written ?? '').trim());
    }
    return map;
  }

  #value(line: Line, indent: number, written: string): Yaml {
    if (written === '|') return this.#literal(indent);
    if (written !== '') return scalar(written, (why) => this.#wrong(line, why));
    const below = this.#peek();
    // A list may stand as far left as its key.
    const isBelow =
      below && (below.indent > indent || (below.indent === indent && below.text.startsWith('- ')));
    return isBelow ? this.#block(below.indent) : null;
  }

  #literal(indent: number): string {
    const lines: string[] = [];
    for (; this.#at < this.#raw.length; this.#at += 1) {
      const text = this.#raw[this.#at] ?? '';
      if (text.trim() !== '' && indentOf(text) <= indent) break;
      lines.push(text);
    }
    const margin = Math.min(...lines.filter((text) => text.trim() !== '').map(indentOf));
    return `${lines
      .map((text) => text.slice(margin))
      .join('\n')
      .trimEnd()}\n`;
  }

  /** The next line that is neither empty nor a comment. */
  #peek(): Line | undefined {
    for (; this.#at < this.#raw.length; this.#at += 1) {
      const raw = this.#raw[this.#at] ?? '';
      if (raw.includes('\t')) throw new Error(`line ${this.#offset + this.#at + 1} has a tab`);
      const text = raw.trim();
      if (text !== '' && !text.startsWith('#')) {
        return { indent: indentOf(raw), text, number: this.#offset + this.#at + 1 };
      }
    }
    return undefined;
  }

  #wrong({ number, text }: Line, why: string): Error {
    return new Error(`line ${number} ${why}: ${text}`);
  }
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

function scalar(written: string, wrong: (why: string) => Error): Yaml {
  if (/^"([^"\\]|\\.)*"$/.test(written)) return JSON.parse(written) as string;
  if (/^\[.*\]$/.test(written) || written === '{}') {
    try {
      return JSON.parse(written) as Yaml;
    } catch {
      throw wrong('is a list that is no JSON');
    }
  }
  if (/^['"&*!|>%@`[{]/.test(written) || written.includes(' #') || written.includes(': ')) {
    throw wrong('is written in a way that is not used here');
  }
  if (written === 'true' || written === 'false') return written === 'true';
  if (/^-?\d+(\.\d+)?$/.test(written)) return Number(written);
  // YAML 1.1 readers, which are still about, take these for switches.
  if (/^(yes|no|on|off|null|~)$/i.test(written)) throw wrong('needs quotes');
  return written;
}
