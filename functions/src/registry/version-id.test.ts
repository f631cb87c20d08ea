import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VersionId } from "../serve/schema.ts";
import { checksums, contentHash, versionId, versionTime } from "./version-id.ts";

const file = (text: string) => new TextEncoder().encode(text);
const createdMs = Date.parse("2026-09-28T05:12:07.999Z");

describe("a version's id", () => {
  it("holds the second in which it was made and a hash that any sha256sum can check", () => {
    const artefacts = checksums(new Map([["a.xgb", file("one")]]));
    // printf 'a.xgb %s' "$(printf one | sha256sum | cut -c1-64)" | sha256sum | cut -c1-12
    expect(versionId({ createdMs, artefacts })).toBe("v_20260928T051207Z_5cedf1c7710d");
  });

  it("does not depend on the order of the files", () => {
    const one = checksums(
      new Map([
        ["a.xgb", file("1")],
        ["b.xgb", file("2")],
      ]),
    );
    const other = checksums(
      new Map([
        ["b.xgb", file("2")],
        ["a.xgb", file("1")],
      ]),
    );
    expect(contentHash(one)).toBe(contentHash(other));
  });

  it.each([
    [
      "one bit of a file",
      new Map([
        ["a.xgb", file("0")],
        ["b.xgb", file("2")],
      ]),
    ],
    [
      "the name of a file",
      new Map([
        ["c.xgb", file("1")],
        ["b.xgb", file("2")],
      ]),
    ],
    [
      "which file holds what",
      new Map([
        ["a.xgb", file("2")],
        ["b.xgb", file("1")],
      ]),
    ],
    ["a missing file", new Map([["a.xgb", file("1")]])],
  ])("changes with %s", (_what, files) => {
    const two = checksums(
      new Map([
        ["a.xgb", file("1")],
        ["b.xgb", file("2")],
      ]),
    );
    expect(versionId({ createdMs, artefacts: checksums(files) })).not.toBe(versionId({ createdMs, artefacts: two }));
  });

  it("is one, sorts by time, and gives its second back", () => {
    const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
    fc.assert(
      fc.property(seconds, seconds, fc.uint8Array(), (a, b, bytes) => {
        const artefacts = checksums(new Map([["a.xgb", bytes]]));
        const [first, second] = [a, b].map((s) => versionId({ createdMs: s * 1000 + 999, artefacts }));
        expect(VersionId.safeParse(first).success).toBe(true);
        expect(versionTime(first ?? "")).toBe(a * 1000);
        if (a < b) expect(first && second && first < second).toBe(true);
      }),
    );
  });

  it.each(["rules", "", "v_20261399T000000Z_000000000000", "x_20260928T051207Z_0"])("%j has no time", (version) => {
    expect(() => versionTime(version)).toThrow(RangeError);
  });
});
