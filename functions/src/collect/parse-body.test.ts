import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_BODY_BYTES, MAX_LOG_BYTES, MAX_LOGS, type ParsedBody, parseBody } from "./parse-body.ts";

const JSON_TYPE = "application/json";
const LINES = "application/x-ndjson";
const BEACON = "text/plain;charset=UTF-8";
const parse = (text: string, type: string | undefined) => parseBody(Buffer.from(text), type);
/** A log whose compact JSON has exactly so many bytes. */
const logOf = (bytes: number) => `{"a":"${"x".repeat(bytes - 8)}"}`;
const codes = (parsed: ParsedBody) => (parsed.ok ? parsed.entries.map(({ issue }) => issue?.code ?? "log") : []);

describe("body", () => {
  it.each([
    { name: "one log", text: '{"a":1}', type: JSON_TYPE, found: ["log"] },
    { name: "an array", text: '[{"a":1},{"b":2}]', type: JSON_TYPE, found: ["log", "log"] },
    { name: "lines", text: '{"a":1}\n{"b":2}\n', type: LINES, found: ["log", "log"] },
    { name: "lines with CRLF and blank ones", text: '\r\n{"a":1}\r\n \n{"b":2}', type: LINES, found: ["log", "log"] },
    { name: "a byte order mark", text: '\uFEFF{"a":1}\n{"b":2}', type: LINES, found: ["log", "log"] },
    { name: "a beacon with one log", text: '{"a":1}', type: BEACON, found: ["log"] },
    { name: "a beacon with an array", text: '[{"a":1},{"b":2}]', type: BEACON, found: ["log", "log"] },
    { name: "a beacon with lines", text: '{"a":1}\n{"b":2}', type: BEACON, found: ["log", "log"] },
    { name: "a beacon without content-type", text: '{"a":1}', type: undefined, found: ["log"] },
    { name: "other spelling of the type", text: '{"a":1}', type: "Application/JSON; charset=utf-8", found: ["log"] },
    { name: "NaN, which is not JSON", text: '{"a":1}\n{"a":NaN}', type: LINES, found: ["log", "unparsable"] },
    { name: "Infinity, which is not JSON", text: '{"a":-Infinity}\n{}', type: LINES, found: ["unparsable", "log"] },
    { name: "what is not an object", text: '[1,null,"a",[],{}]', type: JSON_TYPE, found: [..."uuuu", "log"] },
    { name: "lines that are not objects", text: "1\n[]\n{}", type: LINES, found: ["unparsable", "unparsable", "log"] },
    { name: "a log of 16 KiB", text: logOf(MAX_LOG_BYTES), type: JSON_TYPE, found: ["log"] },
    { name: "a log of 16 KiB and a byte", text: logOf(MAX_LOG_BYTES + 1), type: JSON_TYPE, found: ["too_large"] },
    { name: "a line of 16 KiB", text: `${logOf(MAX_LOG_BYTES)}  \n{}`, type: LINES, found: ["log", "log"] },
    {
      name: "a line of 16 KiB and a byte",
      text: `${logOf(MAX_LOG_BYTES + 1)}\n{}`,
      type: LINES,
      found: ["too_large", "log"],
    },
  ])("reads $name", ({ text, type, found }) => {
    expect(codes(parse(text, type))).toEqual(found.map((code) => (code === "u" ? "unparsable" : code)));
  });

  it.each([
    { name: "nothing", text: "", type: JSON_TYPE, status: 400, message: "empty" },
    { name: "blank lines", text: "\n \n", type: LINES, status: 400, message: "no log" },
    { name: "an empty array", text: "[]", type: JSON_TYPE, status: 400, message: "no log" },
    { name: "broken JSON", text: '{"a":', type: JSON_TYPE, status: 400, message: "not JSON" },
    { name: "a number", text: "17", type: JSON_TYPE, status: 400, message: "must be a log" },
    { name: "only broken lines", text: "{\n}", type: LINES, status: 400, message: "nothing in the body" },
    { name: "an unknown type", text: "{}", type: "application/xml", status: 415, message: "content-type" },
    { name: "a form", text: "{}", type: "application/x-www-form-urlencoded", status: 415, message: "content-type" },
  ])("refuses $name", ({ text, type, status, message }) => {
    const parsed = parse(text, type);
    expect(parsed).toMatchObject({ ok: false, status });
    expect(!parsed.ok && parsed.message).toContain(message);
  });

  it("loses only the broken line of a thousand, and names it", () => {
    const lines = Array.from({ length: MAX_LOGS }, (_, i) => `{"n":${i}}`);
    lines[499] = '{"n":499';
    const parsed = parse(lines.join("\n"), LINES);
    const broken = parsed.ok ? parsed.entries.filter(({ issue }) => issue !== undefined) : [];
    expect(broken).toMatchObject([{ index: 499, issue: { code: "unparsable" } }]);
    expect(broken[0]?.issue?.message).toContain("line 500 is not JSON");
    expect(parsed.ok && parsed.entries[999]).toEqual({ index: 999, value: { n: 999 } });
  });

  it.each([
    { name: "1000 lines", n: MAX_LOGS, ok: true, lines: true },
    { name: "1001 lines", n: MAX_LOGS + 1, ok: false, lines: true },
    { name: "an array of 1000", n: MAX_LOGS, ok: true, lines: false },
    { name: "an array of 1001", n: MAX_LOGS + 1, ok: false, lines: false },
  ])("answers $name with 413 only beyond 1000", ({ n, ok, lines }) => {
    const logs = Array.from({ length: n }, () => "{}");
    const parsed = lines ? parse(logs.join("\n"), LINES) : parse(`[${logs.join()}]`, JSON_TYPE);
    expect(parsed).toMatchObject(ok ? { ok: true } : { ok: false, status: 413 });
  });

  it("takes a body of 8 MiB and refuses one byte more", () => {
    const body = Buffer.alloc(MAX_BODY_BYTES + 1, " ");
    body.write("{}");
    expect(parseBody(body.subarray(0, MAX_BODY_BYTES), LINES)).toMatchObject({ ok: true });
    expect(parseBody(body, LINES)).toMatchObject({ ok: false, status: 413 });
  });

  it.each([
    { name: "deep lists", log: `{"a":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}` },
    { name: "deep maps", log: `${'{"a":'.repeat(500_000)}1${"}".repeat(500_000)}` },
  ])("survives $name and keeps the rest", ({ log }) => {
    expect(codes(parse(`[${log},{}]`, JSON_TYPE))).toEqual(["unparsable", "log"]);
    expect(codes(parse(`${log}\n{}`, LINES))).toEqual(["too_large", "log"]);
  });

  it("keeps prototypes out of reach", () => {
    const parsed = parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}', JSON_TYPE);
    expect(parsed.ok).toBe(true);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it("never throws, and numbers logs from 0 without gaps", () => {
    const piece = fc.constantFrom("{}", "{", '{"a":NaN}', "[]", "\n", "\r\n", "1", ",", "\uD800", '"', "{}\n{}", " ");
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    const type = fc.constantFrom(JSON_TYPE, LINES, BEACON, undefined, "image/png");
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), type, (body, contentType) => {
        const parsed = parse(body, contentType);
        if (parsed.ok) expect(parsed.entries.map(({ index }) => index)).toEqual(parsed.entries.map((_, i) => i));
        else expect(parsed.message).not.toBe("");
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), type, (bytes, contentType) => void parseBody(bytes, contentType)));
  });
});
