import { expect, it } from "vitest";
import { fnv1a32 } from "./fnv.ts";

// From the test suite of the draft, "FNV-1a 32".
it.each([
  ["", 0x811c9dc5],
  ["a", 0xe40c292c],
  ["foobar", 0xbf9cf968],
])("hashes %j as the authors do", (text, hash) => {
  expect(fnv1a32(text)).toBe(hash);
});
