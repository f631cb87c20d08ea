import { describe, expect, it } from "vitest";
import { type AdoptedFile, hashed, without } from "./adopted.ts";

const ORIGINAL = "one\ntwo\nthree\nfour\nfive\n";
const WRITTEN = "one\ntwo\nours\nthree\nfour\nfive\n";

const file = (original: string | null, written: string, replaced: string | null = null): AdoptedFile => {
  const found = replaced === null ? null : hashed(replaced);
  return { path: "f", original, written: hashed(written), replaced: found };
};

describe("without", () => {
  it.each<[string, string | null, AdoptedFile, string | null]>([
    ["as we left it", WRITTEN, file(ORIGINAL, WRITTEN), ORIGINAL],
    ["with Windows line ends", "a\r\nours\r\nb", file("a\r\nb", "a\r\nours\r\nb"), "a\r\nb"],
    ["never written", ORIGINAL, file(ORIGINAL, WRITTEN), ORIGINAL],
    ["removed by them", null, file(ORIGINAL, WRITTEN), null],
    ["made by us", "ours\n", file(null, "ours\n"), null],
    ["edited elsewhere", `${WRITTEN}six\n`, file(ORIGINAL, WRITTEN), `${ORIGINAL}six\n`],
    ["edited two lines away", WRITTEN.replace("one", "1"), file(ORIGINAL, WRITTEN), ORIGINAL.replace("one", "1")],
    [
      "rewritten with Windows line ends",
      WRITTEN.replaceAll("\n", "\r\n"),
      file(ORIGINAL, WRITTEN),
      ORIGINAL.replaceAll("\n", "\r\n"),
    ],
    ["freed of our lines by hand", "one\nthree\n", file(ORIGINAL, WRITTEN), "one\nthree\n"],
    ["left by a run that was broken off", WRITTEN, file(ORIGINAL, "newer", WRITTEN), ORIGINAL],
  ])("gives back a file %s", (_, text, entry, expected) => {
    expect(without(text, entry)).toEqual({ ok: true, text: expected });
  });

  it("names our lines in a file that was edited beside them", () => {
    const text = "one\nzwei\n  ours,\ndrei\nfour\nfive\n";
    expect(without(text, file(ORIGINAL, WRITTEN))).toEqual({ ok: false, text, lines: [{ line: 3, text: "ours" }] });
  });
});
