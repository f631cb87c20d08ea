import { expect, it } from "vitest";
import { hasSameWords } from "./same-words.ts";

it.each([
  ["512 logs of shard 0 wait", "47 logs of shard 3 wait", true],
  ["evidence of a mismatch 1.5", "evidence of a mismatch 13000000", true],
  ["Storage is down", "Storage is down", true],
  ["Storage is down", "windows cannot be read", false],
  ["the fold is behind: 512 logs wait", "the fold is behind", false],
])("%s, and %s", (one, other, same) => {
  expect(hasSameWords(one, other)).toBe(same);
});
