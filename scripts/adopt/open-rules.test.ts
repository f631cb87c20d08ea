import { describe, expect, it } from "vitest";
import { flatMatches, openings } from "./open-rules.ts";
import { parseRules } from "./rules-text.ts";

const OURS = ["windows/x", "routing/live", "routing/live/journal/x"].map(
  (path) => `databases/(default)/documents/${path}`,
);

function openingsIn(rules: string) {
  const text = `service cloud.firestore { match /databases/{db}/documents { ${rules} } }`;
  return openings(flatMatches(parseRules("my.rules", text), "cloud.firestore"), OURS);
}

describe("openings", () => {
  it.each([
    ["everything", "match /{document=**} { allow read; }"],
    ["everything, for somebody", "match /{document=**} { allow read: if request.auth.token.editor == true; }"],
    ["any collection", "match /{collection}/{id} { allow write: if true; }"],
    ["any collection and what is below", "match /{collection}/{rest=**} { allow get; }"],
    ["everything below any document", "match /{a}/{b} { match /{rest=**} { allow read; } }"],
    ["a denial beside what is allowed", "match /{document=**} { allow write: if false; allow read: if true; }"],
  ])("finds what matches %s", (_, rules) => {
    expect(openingsIn(rules)).toMatchObject([{ byName: false, allows: true }]);
  });

  it.each([
    ["a collection of one of our names", "match /windows/{id} { allow read; }", true],
    ["one that is closed", "match /windows/{id} { allow read: if (false); }", false],
    ["a document of ours", "match /routing/live { allow read; }", true],
    ["collections of such a name anywhere", "match /{path=**}/journal/{id} { allow read; }", true],
  ])("finds %s", (_, rules, allows) => {
    expect(openingsIn(rules)).toMatchObject([{ byName: true, allows }]);
  });

  it.each([
    ["other collections", "match /orders/{id} { allow read; match /{rest=**} { allow read; } }"],
    ["another document of a collection", "match /routing/other { allow read; }"],
    ["everything, if nothing is allowed", "match /{document=**} { allow read, write: if false; }"],
    ["any documents four levels deep", "match /{a}/{b}/{c}/{d}/{e}/{f} { allow read; }"],
    ["a match that allows nothing", "match /{document=**} { match /x/{id} { allow read; } }"],
  ])("leaves %s", (_, rules) => {
    expect(openingsIn(rules)).toEqual([]);
  });

  it("finds what matches every document of every database, with its line", () => {
    const text = "service cloud.firestore {\n  match /{path=**} {\n    allow read;\n  }\n}";
    const found = openings(flatMatches(parseRules("my.rules", text), "cloud.firestore"), OURS);
    expect(found).toMatchObject([{ path: "/{path=**}", line: 3, byName: false }]);
  });
});
