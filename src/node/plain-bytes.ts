/**
 * A Buffer seen as the Uint8Array that the core expects. It matters because `Buffer#slice` is a view and
 * `Uint8Array#slice` a copy: a machine that keeps a "copy" of a Buffer would keep the borrowed bytes.
 */
export function plainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
