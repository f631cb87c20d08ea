import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { compileFunction } from "node:vm";

/** What is used of the global of that name; the types of ES2023 and Node.js leave it out. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(compiled: object, imports: object): Promise<object>;
};

/** What the module refused or died of; its instance is of no further use. */
export class ModuleError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ModuleError";
  }
}

/**
 * The exports of ml-xgboost's WebAssembly module. Pointers, handles and sizes are bytes or 32-bit integers. The heap's
 * views are replaced whenever the memory grows: read them afresh after every call.
 */
export interface Exports {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  readonly HEAPF32: Float32Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _create_model(rows: number, labels: number, rowCount: number, columns: number): number;
  _set_param(handle: number, name: number, value: number): void;
  _train_full_model(handle: number, rounds: number): void;
  _prediction_size(handle: number, row: number, columns: number, unused: number): number;
  _predict_one(handle: number, row: number, columns: number, out: number): void;
  _save_model(handle: number): number;
  _get_file_content(to: number, bytes: number): void;
  _load_model(pointer: number, bytes: number): number;
}

interface Loaded {
  /** Runs the package's script once more, for one more instance. */
  run(module: object, process: object, console: object): void;
  compiled: object;
}

/** Read and compiled at the first use, then kept: another instance costs milliseconds. */
let loaded: Promise<Loaded> | undefined;

async function load(): Promise<Loaded> {
  const require = createRequire(import.meta.url);
  const script = require.resolve("ml-xgboost/dist/wasm/xgboost.js");
  const [source, binary] = await Promise.all([readFile(script, "utf8"), readFile(script.replace(/\.js$/, ".wasm"))]);
  const names = ["module", "process", "console", "require", "__dirname", "self", "window", "importScripts"];
  const evaluate = compileFunction(source, names, { filename: script });
  return {
    run: (module, process, console) => evaluate(module, process, console, require, dirname(script)),
    compiled: await WebAssembly.compile(binary),
  };
}

/**
 * A fresh, isolated instance of the module (16 MiB, growing to 2 GiB); drop it and its memory goes.
 *
 * The package's script is evaluated with stand-ins for `process` and `console`: left alone it adds an
 * `uncaughtException` listener at every load, which would take the application's own away, and prints warnings.
 * @throws {ModuleError} it cannot be made
 */
export async function openModule(): Promise<Exports> {
  loaded ??= load();
  const { run, compiled } = await loaded.catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return await new Promise<Exports>((resolve, reject) => {
    const failed = (reason: unknown): void => {
      reject(new ModuleError("an instance of the module cannot be made", { cause: reason }));
    };
    const settings = {
      print: () => {},
      printErr: () => {},
      instantiateWasm(imports: object, receive: (instance: object) => void): object {
        WebAssembly.instantiate(compiled, imports).then(receive).catch(failed);
        return {};
      },
    };
    // The script begins with `Module = module.exports = {}`: the only moment at which it can be given settings.
    const module = {
      set exports(created: object) {
        Object.assign(created, settings);
        Object.defineProperty(module, "exports", { value: created, writable: true });
      },
    } as { exports: { isReady?: Promise<Exports> } };
    const exit = (): never => {
      throw new ModuleError("the module wanted to end the process");
    };
    const silent = { log: () => {}, warn: () => {}, error: () => {} };
    run(module, Object.create(process, { on: { value: () => {} }, exit: { value: exit } }) as object, silent);
    module.exports.isReady?.then(resolve, failed);
  });
}
