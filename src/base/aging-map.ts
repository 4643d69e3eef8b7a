/**
 * A map in order of age that knows its oldest entry at once, for tables that forget the oldest one when they are full.
 *
 * A `Map` keeps the same order, but finding its first entry walks over what has been deleted before it: in a full table
 * of 16,384 that forgets one for each that comes, several microseconds each time, which is what a flood is made of.
 */
export interface Aged<K, V> {
  readonly key: K;
  readonly value: V;
}

interface Node<K, V> extends Aged<K, V> {
  older: Node<K, V> | undefined;
  newer: Node<K, V> | undefined;
}

export class AgingMap<K, V> {
  readonly #nodes = new Map<K, Node<K, V>>();
  #oldest: Node<K, V> | undefined;
  #newest: Node<K, V> | undefined;

  get size(): number {
    return this.#nodes.size;
  }

  get oldest(): Aged<K, V> | undefined {
    return this.#oldest;
  }

  get(key: K): V | undefined {
    return this.#nodes.get(key)?.value;
  }

  has(key: K): boolean {
    return this.#nodes.has(key);
  }

  /** Becomes the newest entry, whether there was one of this key or not. */
  set(key: K, value: V): void {
    const before = this.#nodes.get(key);
    if (before) this.#unlink(before);
    const node: Node<K, V> = { key, value, older: undefined, newer: undefined };
    this.#append(node);
    this.#nodes.set(key, node);
  }

  /** The value, which becomes the newest entry. */
  touch(key: K): V | undefined {
    const node = this.#nodes.get(key);
    if (!node || node === this.#newest) return node?.value;
    this.#unlink(node);
    this.#append(node);
    return node.value;
  }

  delete(key: K): boolean {
    const node = this.#nodes.get(key);
    if (!node) return false;
    this.#unlink(node);
    return this.#nodes.delete(key);
  }

  clear(): void {
    this.#nodes.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
  }

  #append(node: Node<K, V>): void {
    node.older = this.#newest;
    node.newer = undefined;
    if (this.#newest) this.#newest.newer = node;
    else this.#oldest = node;
    this.#newest = node;
  }

  #unlink(node: Node<K, V>): void {
    const { older, newer } = node;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
  }
}
