import { describe, expect, it } from "vitest";
import { originOf, pathOnly, quarantinedFields, storedContext, wellFormed } from "./stored-fields.ts";

const AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";

describe("stored fields", () => {
  it.each([
    { path: "/a/b", stored: "/a/b" },
    { path: "/a?token=1", stored: "/a" },
    { path: "/a#me@example.org", stored: "/a" },
    { path: "/a#x?y", stored: "/a" },
    { path: "?q=name", stored: "" },
    { path: "", stored: "" },
  ])("keeps $stored of the path $path", ({ path, stored }) => {
    expect(pathOnly(path)).toBe(stored);
  });

  it.each([
    { referer: "https://user:pw@search.example:8443/find?q=secret#x", origin: "https://search.example:8443" },
    { referer: "http://a.example", origin: "http://a.example" },
    { referer: "android-app://com.example", origin: undefined },
    { referer: "javascript:alert(1)", origin: undefined },
    { referer: "not a url", origin: undefined },
    { referer: "", origin: undefined },
  ])("keeps $origin of the referer $referer", ({ referer, origin }) => {
    expect(originOf(referer)).toBe(origin);
  });

  it("keeps of a context what is needed and not what tells who it was", () => {
    const stored = storedContext({
      hora_local: "2026-09-28T07:12:00+02:00",
      prefers_color_scheme: "light",
      viewport_width: 1280,
      viewport_height: 800,
      touch_enabled: false,
      device_pixel_ratio: 1,
      user_agent: AGENT,
      session_id: "s",
      page_path: "/p?mail=me@example.org",
      referer: "https://a.example/private",
    });
    expect(stored).toMatchObject({ page_path: "/p", referer: "https://a.example", viewport_width: 1280 });
    expect(stored.user_agent).toEqual({ family: "Firefox", version: "143.0" });
  });

  it("drops a referer without an origin", () => {
    const context = { user_agent: AGENT, page_path: "/", referer: "about:blank" } as Parameters<
      typeof storedContext
    >[0];
    expect(storedContext(context)).not.toHaveProperty("referer");
  });
});

describe("quarantine", () => {
  it("keeps known fields only, shortened and cut", () => {
    const kept = quarantinedFields({
      receipt: "r",
      user_id: "me@example.org",
      password: "p",
      session_id: "x".repeat(500),
      session_duration: -1,
      user_context: { user_agent: AGENT, page_path: "/p?q=1", referer: "https://a.example/x", secret: 1, locale: 7 },
      history: { sessions: "many" },
    });
    expect(kept).toEqual({
      session_id: "x".repeat(200),
      session_duration: -1,
      user_context: {
        user_agent: { family: "Firefox", version: "143.0" },
        page_path: "/p",
        referer: "https://a.example",
        locale: 7,
      },
      history: { sessions: "many" },
    });
  });

  it.each([
    { name: "lists in lists", value: [[1], 2], kept: ["[list]", 2] },
    { name: "reserved and empty names", value: { __a__: 1, "": 2, b: 3 }, kept: { b: 3 } },
    { name: "a prototype", value: JSON.parse('{"__proto__":{"polluted":1},"a":1}') as unknown, kept: { a: 1 } },
    { name: "long names", value: { ["n".repeat(90)]: 1 }, kept: { ["n".repeat(64)]: 1 } },
    { name: "lone surrogates", value: "\uD800", kept: "\uFFFD" },
    { name: "a pair cut in two", value: `${"x".repeat(199)}😀`, kept: `${"x".repeat(199)}\uFFFD` },
    { name: "what is too deep", value: { a: { b: { c: { d: 1 } } } }, kept: { a: { b: { c: "[map]" } } } },
  ])("makes $name fit", ({ value, kept }) => {
    expect(quarantinedFields({ actual_device_info: value })["actual_device_info"]).toEqual(kept);
  });

  it("keeps at most 64 members", () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]));
    expect(Object.keys(quarantinedFields({ network_conditions: many })["network_conditions"] as object).length).toBe(
      64,
    );
  });

  it.each([
    { name: "text", context: `{"page_path":"/?mail=me@example.org"}` },
    { name: "a list", context: [{ page_path: "/?mail=me@example.org" }] },
    { name: "null", context: null },
  ])("keeps nothing of a context that is $name", ({ context }) => {
    expect(quarantinedFields({ user_context: context, consent: null })).toEqual({ consent: null });
  });

  it.each([{ value: ["/?mail=me@example.org"] }, { value: { path: "/private" } }, { value: 7 }, { value: null }])(
    "keeps no path, referer or user agent that is not text: $value",
    ({ value }) => {
      const context = { page_path: value, referer: value, user_agent: value, locale: "de" };
      expect(quarantinedFields({ user_context: context })).toEqual({ user_context: { locale: "de" } });
    },
  );
});

it("replaces lone surrogates wherever they are, and nothing else", () => {
  const value = { a: ["\uDC00ok", 1, null, true], b: { c: "😀" } };
  expect(wellFormed(value)).toEqual({ a: ["\uFFFDok", 1, null, true], b: { c: "😀" } });
});
