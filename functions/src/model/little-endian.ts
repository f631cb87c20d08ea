import { endianness } from "node:os";

/** The machine's own 32-bit words as little-endian bytes, or back; the same memory where nothing is to be done. */
export function littleEndian(words: ArrayBufferLike): Uint8Array {
  const bytes = Buffer.from(words);
  return new Uint8Array((endianness() === "LE" ? bytes : Buffer.from(bytes).swap32()).buffer);
}
