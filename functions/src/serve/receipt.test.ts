import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openReceipt, parseKeys, signReceipt } from "./receipt.ts";
import type { Receipt } from "./schema.ts";

const OLD = `old:${"o".repeat(32)}`;
const NEW = `new:${"n".repeat(32)}`;
const keys = parseKeys(`${NEW},${OLD}`);

const receipt: Receipt = {
  prediction_id: "AAAAAAAAAAAAAAAAAAAAAA",
  issued_at: "2026-09-28T05:06:07.008Z",
  event_at: "2026-07-27T00:00:00.000Z",
  unit: "bW9ja2VkLXBzZXVkb255bQ",
  assigned_version: "v_20260928T050607Z_0123456789ab",
  model_version: "rules",
  arm: "treatment",
  routing_revision: 12,
  classes: [2, 0, 1],
  propensity: 0.9866666666666667,
  feature_schema: 1,
  features_hash: "0123456789abcdef".repeat(4),
};

describe("receipt", () => {
  it.each([
    { name: "a fallback", change: {} },
    { name: "an answer by the assigned version", change: { model_version: receipt.assigned_version } },
    { name: "an experiment's arm", change: { arm: "exp.colours.b" } },
    { name: "the smallest propensity", change: { propensity: 0.02 / 9 } },
  ])("comes back as it was signed: $name", ({ change }) => {
    const signed = { ...receipt, ...change };
    expect(openReceipt(signReceipt(signed, keys), keys)).toEqual({ ok: true, receipt: signed });
  });

  it("is short enough for every log and a header", () => {
    expect(signReceipt(receipt, keys).length).toBeLessThan(400);
  });

  it("is believed while its key lives, and not after", () => {
    const text = signReceipt(receipt, parseKeys(OLD));
    expect(openReceipt(text, keys).ok).toBe(true);
    expect(openReceipt(text, parseKeys(NEW))).toEqual({ ok: false, code: "receipt_forged" });
  });

  it("is forged when one character of it is changed", () => {
    const text = signReceipt(receipt, keys);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(..."AZaz09-_."), (at, character) => {
        fc.pre(text[at] !== character);
        const forged = text.slice(0, at) + character + text.slice(at + 1);
        expect(openReceipt(forged, keys)).toEqual({ ok: false, code: "receipt_forged" });
      }),
    );
  });

  const [payload = "", kid = "", mac = ""] = signReceipt(receipt, keys).split(".");
  const layout2 = Buffer.from(JSON.stringify([2])).toString("base64url");
  it.each([
    { name: "nothing", text: undefined, code: "receipt_missing" },
    { name: "an empty text", text: "", code: "receipt_missing" },
    { name: "words", text: "let me in", code: "receipt_forged" },
    { name: "no MAC", text: `${payload}.${kid}`, code: "receipt_forged" },
    { name: "an empty MAC", text: `${payload}.${kid}.`, code: "receipt_forged" },
    { name: "half a MAC", text: `${payload}.${kid}.${mac.slice(0, 20)}`, code: "receipt_forged" },
    { name: "a padded MAC", text: `${payload}.${kid}.${mac}=`, code: "receipt_forged" },
    { name: "another part", text: `${payload}.${kid}.${mac}.`, code: "receipt_forged" },
    { name: "an unknown key", text: `${payload}.other.${mac}`, code: "receipt_forged" },
    { name: "a name that every object has", text: `${payload}.constructor.${mac}`, code: "receipt_forged" },
    { name: "the other key's id", text: `${payload}.old.${mac}`, code: "receipt_forged" },
    { name: "another payload", text: `${layout2}.${kid}.${mac}`, code: "receipt_forged" },
    { name: "letters outside ASCII", text: `${payload}.${kid}.${"ñ".repeat(mac.length)}`, code: "receipt_forged" },
  ])("$name is $code", ({ text, code }) => {
    expect(openReceipt(text, keys)).toEqual({ ok: false, code });
  });
});

describe("keys", () => {
  it("signs with the first and verifies with all", () => {
    expect(keys.signing.kid).toBe("new");
    expect([...keys.verifying.keys()]).toEqual(["new", "old"]);
  });

  it("takes the white space that editors and shells add", () => {
    expect([...parseKeys(` ${NEW}, ${OLD}\n`).verifying.keys()]).toEqual(["new", "old"]);
  });

  it.each([
    { name: "an empty secret", text: "" },
    { name: "no id", text: "x".repeat(40) },
    { name: "a key of 31 characters", text: `a:${"x".repeat(31)}` },
    { name: "three keys", text: `a:${"x".repeat(32)},b:${"x".repeat(32)},c:${"x".repeat(32)}` },
    { name: "the same id twice", text: `a:${"x".repeat(32)},a:${"y".repeat(32)}` },
  ])("refuses $name without repeating it", ({ text }) => {
    expect(() => parseKeys(text)).toThrow(/RECEIPT_KEYS/);
    expect(() => parseKeys(text)).not.toThrow(/xxx/);
  });
});
