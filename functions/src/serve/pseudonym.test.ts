import { expect, it } from "vitest";
import { pseudonym } from "./pseudonym.ts";

it("is HMAC-SHA-256 in base64url, cut to 22 characters", () => {
  // python: base64.urlsafe_b64encode(hmac.digest(b"key", b"unit:visitor-1", "sha256"))[:22]
  expect(pseudonym("key", "unit", "visitor-1")).toBe("0p-giXArwjHsTvq6GtaWMD");
});

it.each([
  { name: "another value", other: pseudonym("key", "unit", "visitor-2") },
  { name: "another kind", other: pseudonym("key", "user", "visitor-1") },
  { name: "another key", other: pseudonym("yek", "unit", "visitor-1") },
])("differs for $name", ({ other }) => {
  expect(other).not.toBe(pseudonym("key", "unit", "visitor-1"));
});
