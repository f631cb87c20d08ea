import { expect, it } from "vitest";
import { exportedNames } from "./function-names.ts";

it.each([
  ["ES modules", "export const predict = onRequest(a);\nexport async function b() {}", ["predict", "b"]],
  ["lists", 'export { a, b as predict } from "./c.js";', ["a", "predict"]],
  ["CommonJS", "exports.predict = onRequest(a);\nmodule.exports.b = c; if (exports.d == 1) {}", ["predict", "b"]],
  ["one object", "module.exports = { predict, b: c };", ["predict", "b"]],
  ["no comments", "// exports.predict = old;\nexports.a = 1; /* export const b = 1 */", ["a"]],
])("finds the exports of %s", (_, source, names) => {
  expect(exportedNames(source)).toEqual(names);
});
