import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

const INDEX = resolve(import.meta.dirname, "../functions/lib/index.js");

/** Loads every deployed function as an instance of any of them does, and prints the files that this loads. */
const SCRIPT = `
  import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
  const functions = Object.keys(await import(${JSON.stringify(INDEX)}));
  console.log(JSON.stringify({ functions, loaded }));
  process.exit(0);
`;

describe("importing the functions", () => {
  let functions: string[];
  let loaded: string[];
  beforeAll(() => {
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", SCRIPT], { encoding: "utf8" });
    ({ functions, loaded } = JSON.parse(printed) as { functions: string[]; loaded: string[] });
  });

  it("loads predict and what it answers with", () => {
    expect(functions).toContain("predict");
    for (const file of ["serve/predictor.js", "model/scorer.js", "design/features.js"]) {
      expect(loaded.filter((url) => url.endsWith(`/lib/${file}`))).toHaveLength(1);
    }
  });

  it("loads no WebAssembly: neither the package nor our driver of it", () => {
    expect(
      loaded.filter((url) => /ml-xgboost|\.wasm$|\/lib\/train\/(wasm|module|module-instance)\.js$/.test(url)),
    ).toEqual([]);
  });

  it("loads nothing that only training needs: of train, what triggers and stores are made of", () => {
    const ofTraining = loaded.flatMap((url) => /\/lib\/(?:train|validate)\/(.+)\.js$/.exec(url)?.[1] ?? []);
    const light = ["functions", "schema", "store", "debounce"];
    expect(ofTraining.filter((file) => !light.includes(file))).toEqual([]);
    expect(ofTraining).toContain("functions");
  });
});
