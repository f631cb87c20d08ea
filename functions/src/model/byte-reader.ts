/** Bytes that are not a model that we can score. `where` names the part of the file, or the model of a bundle. */
export class ModelFormatError extends Error {
  readonly where: string;
  readonly what: string;
  constructor(where: string, what: string, options?: ErrorOptions) {
    super(`${where}: ${what}`, options);
    this.name = "ModelFormatError";
    this.where = where;
    this.what = what;
  }
}

/** Numbers of one block of the file, by their offset in it; little endian. */
export interface Block {
  int32(offset: number): number;
  uint32(offset: number): number;
  float32(offset: number): number;
}

/** Longest text (objective, attribute) that is read, in bytes. */
const MAX_TEXT = 65_536;

/** Walks over a file block by block and never past its end. */
export class ByteReader {
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.view.byteLength - this.at;
  }

  /** @throws {ModelFormatError} unless `holds` */
  require(holds: boolean, where: string, what: string): void {
    if (!holds) throw new ModelFormatError(where, what);
  }

  /**
   * The next `size` bytes.
   * @throws {ModelFormatError} the file ends before
   */
  block(where: string, size: number): Block {
    this.require(size <= this.left, where, `needs ${size} bytes at ${this.at}, the file ends after ${this.left}`);
    const { view, at } = this;
    this.at += size;
    return {
      int32: (offset) => view.getInt32(at + offset, true),
      uint32: (offset) => view.getUint32(at + offset, true),
      float32: (offset) => view.getFloat32(at + offset, true),
    };
  }

  /**
   * A 64-bit count of things that take at least `size` bytes each.
   * @throws {ModelFormatError} more than the rest of the file can hold
   */
  length(where: string, size: number): number {
    const count = this.block(where, 8);
    const value = count.uint32(0);
    const fits = count.uint32(4) === 0 && value * size <= this.left;
    this.require(fits, where, `says that it has ${count.uint32(4) * 2 ** 32 + value} entries, the file ends before`);
    return value;
  }

  /**
   * A text with its 64-bit length before it.
   * @throws {ModelFormatError} too long
   */
  text(where: string): string {
    const size = this.length(where, 1);
    this.require(size <= MAX_TEXT, where, `a text of ${size} bytes`);
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, size);
    this.at += size;
    return Buffer.from(bytes).toString("latin1");
  }
}
