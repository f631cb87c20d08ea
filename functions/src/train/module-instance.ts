import type { TrainingData } from "./training-input.ts";
import { type Exports, ModuleError, openModule } from "./wasm.ts";

/** A model inside an instance: a pointer to `{ booster*, dmatrix* }`. */
export type ModelHandle = number & { readonly handle: unique symbol };

/** Byte offsets in the module's MetaInfo (XGBoost 0.7, wasm32): u64 counts, then a std::vector `{ begin, end, capacity }` each. */
const META = { rows: 0, columns: 8, labels: 24, weights: 60, baseMargins: 72 };

/** What the module takes as missing. */
const MISSING = -1;

/**
 * What a genuine -1 becomes: the next float32. No threshold lies between the two but this value itself, and
 * `withMinusOne` (minus-one.ts) makes it -1 again.
 */
export const NEXT_TO_MISSING = -0.999_999_940_395_355_2;

/**
 * One isolated instance of the module with typed errors; checks nothing that `checkTrainingInput` does. After a
 * ModuleError its memory is in an unknown state: drop it.
 */
export class ModuleInstance {
  private readonly module: Exports;

  private constructor(module: Exports) {
    this.module = module;
  }

  static async open(): Promise<ModuleInstance> {
    return new ModuleInstance(await openModule());
  }

  /** Size of the module's memory, which never shrinks. */
  get memoryBytes(): number {
    return this.module.HEAPU8.length;
  }

  /** A model over the data, without trees yet. */
  createModel({ rows, columns, labels, weights, baseMargins }: TrainingData): ModelHandle {
    const { module } = this;
    const px = this.copyRows(rows);
    const py = this.copy(labels);
    const model = this.guard(() => module._create_model(px, py, labels.length, columns)) as ModelHandle;
    module._free(px);
    module._free(py);
    const meta = (weights ?? baseMargins) ? this.findMeta(model, { labels, columns }) : 0;
    if (weights !== undefined) this.setVector(meta + META.weights, weights, labels.length);
    if (baseMargins !== undefined) this.setVector(meta + META.baseMargins, baseMargins, baseMargins.length);
    return model;
  }

  /** Unknown names are taken in silence; values that are not valid throw at the first round. */
  setParameter(model: ModelHandle, name: string, value: string): void {
    const pointers = [name, value].map((text) => this.copyBytes(Buffer.from(`${text}\0`, "utf8")));
    this.guard(() => this.module._set_param(model, pointers[0] ?? 0, pointers[1] ?? 0));
    for (const pointer of pointers) this.module._free(pointer);
  }

  /** Boosting rounds one by one give the same bytes as all at once. */
  trainRound(model: ModelHandle): void {
    this.guard(() => this.module._train_full_model(model, 1));
  }

  save(model: ModelHandle): Uint8Array {
    const size = this.guard(() => this.module._save_model(model));
    const pointer = this.allocate(size);
    this.guard(() => this.module._get_file_content(pointer, size));
    return this.module.HEAPU8.slice(pointer, pointer + size);
  }

  load(bytes: Uint8Array): ModelHandle {
    const pointer = this.copyBytes(bytes);
    return this.guard(() => this.module._load_model(pointer, bytes.length)) as ModelHandle;
  }

  /** Predictions, rows x outputs. */
  predict(model: ModelHandle, rows: Float32Array, columns: number): Float32Array {
    const { module } = this;
    const px = this.copyRows(rows);
    const outputs = this.guard(() => module._prediction_size(model, px, columns, 0));
    const out = this.allocate(outputs * 4);
    const count = rows.length / columns;
    const predictions = new Float32Array(count * outputs);
    for (let row = 0; row < count; row++) {
      this.guard(() => module._predict_one(model, px + row * columns * 4, columns, out));
      predictions.set(module.HEAPF32.subarray(out >>> 2, (out >>> 2) + outputs), row * outputs);
    }
    return predictions;
  }

  /** The module has no calls for weights and margins: they are put where its MetaInfo keeps them, once it is surely found. */
  private findMeta(model: ModelHandle, { labels, columns }: { labels: Float32Array; columns: number }): number {
    const word = (address: number): number => this.module.HEAPU32[address >>> 2] ?? 0;
    const matrix = word(word(word(model + 4)));
    const meta = word(matrix + 8) + 8;
    const begin = word(meta + META.labels);
    const found = this.module.HEAPF32.subarray(begin >>> 2, word(meta + META.labels + 4) >>> 2);
    const asExpected =
      word(meta + META.rows) === labels.length &&
      word(meta + META.columns) === columns &&
      found.length === labels.length &&
      found.every((value, i) => value === labels[i]) &&
      word(meta + META.weights) === 0 &&
      word(meta + META.baseMargins) === 0;
    if (!asExpected) throw new ModuleError("the module's memory is not laid out as expected: nothing can be set in it");
    return meta;
  }

  /** A std::vector: begin, end, end of what is allocated. */
  private setVector(address: number, values: Float32Array, expected: number): void {
    if (values.length !== expected) throw new ModuleError(`${values.length} values where ${expected} belong`);
    const pointer = this.copy(values);
    const end = pointer + values.length * 4;
    this.module.HEAPU32.set([pointer, end, end], address >>> 2);
  }

  private copyRows(rows: Float32Array): number {
    const pointer = this.copy(rows);
    const heap = this.module.HEAPF32.subarray(pointer >>> 2, (pointer >>> 2) + rows.length);
    for (let i = 0; i < heap.length; i++) {
      if (heap[i] === MISSING) heap[i] = NEXT_TO_MISSING;
      else if (Number.isNaN(heap[i])) heap[i] = MISSING;
    }
    return pointer;
  }

  private copy(values: Float32Array): number {
    const pointer = this.allocate(values.length * 4);
    this.module.HEAPF32.set(values, pointer >>> 2);
    return pointer;
  }

  private copyBytes(bytes: Uint8Array): number {
    const pointer = this.allocate(bytes.length);
    this.module.HEAPU8.set(bytes, pointer);
    return pointer;
  }

  /** Pointers may be beyond 2 GiB, where the module's integers are negative. */
  private allocate(bytes: number): number {
    const pointer = this.guard(() => this.module._malloc(bytes)) >>> 0;
    if (pointer === 0) throw new ModuleError(`the module has no memory left for ${bytes} bytes; take fewer rows`);
    return pointer;
  }

  /** C++ exceptions come as a string that begins with the exception's address; aborts as a string, traps as errors. */
  private guard<T>(call: () => T): T {
    try {
      return call();
    } catch (thrown) {
      throw new ModuleError(this.reason(thrown), { cause: thrown });
    }
  }

  private reason(thrown: unknown): string {
    if (thrown instanceof Error) return `the module failed: ${thrown.message}`;
    const text = String(thrown);
    const [, address] = /^(\d+) - Exception catching is disabled/.exec(text) ?? [];
    if (address !== undefined) return this.exceptionMessage(Number(address));
    if (/enlarge memory|TOTAL_MEMORY/i.test(text)) return "the module ran out of memory; take fewer rows";
    return `the module aborted: ${text.split("\n", 1)[0]}`;
  }

  private exceptionMessage(address: number): string {
    const { HEAPU8, HEAPU32 } = this.module;
    const begin = HEAPU32[(address + 4) >>> 2] ?? 0;
    const text = Buffer.from(HEAPU8.subarray(begin, HEAPU8.indexOf(0, begin))).toString("utf8");
    // `[12:00:00] file:line: message`, then a stack trace without names.
    return text.split("\n", 1)[0]?.replace(/^\[[\d:]+\] /, "") ?? "the module threw an exception without a message";
  }
}
