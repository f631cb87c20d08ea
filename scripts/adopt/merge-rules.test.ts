import { describe, expect, it } from "vitest";
import { EMPTY_RULES, mergeRules } from "./merge-rules.ts";
import { parseRules } from "./rules-text.ts";

const OURS = `rules_version = "2";
service cloud.firestore {
  match /databases/{database}/documents {
    function isAdmin() {
      return get(/databases/$(database)/documents/roles/$(request.auth.uid)).data.role == "admin";
    }

    match /windows/{id} {
      allow read: if isAdmin();
    }
  }
}
`;

const merge = (text: string, ours = OURS) => mergeRules("my.rules", text, ours);

describe("mergeRules", () => {
  it("puts ours behind theirs, in their indentation and line ends, under names of its own", () => {
    const theirs =
      "service cloud.firestore {\r\n\tmatch /databases/{db}/documents {\r\n\t\tmatch /a/{b} {\r\n\t\t\tallow read;\r\n\t\t}\r\n\t}\r\n}";
    expect(merge(theirs).split("\r\n")).toEqual([
      "service cloud.firestore {",
      "\tmatch /databases/{db}/documents {",
      "\t\tmatch /a/{b} {",
      "\t\t\tallow read;",
      "\t\t}",
      "",
      "\t\t// perennial: begin. Written by `npm run adopt`, which replaces it.",
      "\t\tfunction perennialIsAdmin() {",
      '\t\t\treturn get(/databases/$(db)/documents/roles/$(request.auth.uid)).data.role == "admin";',
      "\t\t}",
      "",
      "\t\tmatch /windows/{id} {",
      "\t\t\tallow read: if perennialIsAdmin();",
      "\t\t}",
      "\t\t// perennial: end",
      "\t}",
      "}",
    ]);
  });

  it.each([
    ["no rules yet", EMPTY_RULES],
    [
      "all on one line",
      "service cloud.firestore { match /databases/{database}/documents { match /a/{b} { allow read; } } }",
    ],
    ["nothing in it", "service cloud.firestore {\n  match /databases/{database}/documents {}\n}\n"],
    ["a fixed database", "service cloud.firestore {\n  match /databases/(default)/documents {\n  }\n}\n"],
    [
      "a helper of the name",
      "function perennialIsAdmin() { return false; }\nservice cloud.firestore {\n match /databases/{d}/documents {\n }\n}",
    ],
  ])("can be read, and merged again without a change: %s", (_, theirs) => {
    const merged = merge(theirs);
    const documents = parseRules("my.rules", merged).blocks[0]?.blocks[0];
    expect(documents?.blocks.at(-1)?.path).toEqual(["windows", "{id}"]);
    expect(merge(merged)).toBe(merged);
  });

  it("never takes a name of theirs", () => {
    const theirs =
      "service cloud.firestore {\n  match /databases/{d}/documents {\n    function perennialIsAdmin() { return true; }\n  }\n}\n";
    expect(merge(theirs)).toContain("allow read: if perennialIsAdmin_();");
  });

  it("names the database as a fixed path does", () => {
    expect(merge("service cloud.firestore {\n  match /databases/(default)/documents {\n  }\n}\n")).toContain(
      "get(/databases/(default)/documents/roles/",
    );
  });

  it("replaces an earlier block where it stands", () => {
    const merged = merge(EMPTY_RULES).replace(/(perennial: end\n)/, "$1    match /later/{id} {\n    }\n");
    const newer = merge(merged, OURS.replaceAll("windows", "panes"));
    expect(newer).toBe(merged.replaceAll("windows", "panes"));
  });

  it.each(["", "service firebase.storage {}", "service cloud.firestore {\n  match /a/{b} {\n  }\n}"])(
    "refuses %j, which has no documents",
    (text) => {
      expect(() => merge(text)).toThrow('my.rules has no "match /databases/{database}/documents"');
    },
  );
});
