import { expect, it } from "vitest";
import { parseRules } from "./rules-text.ts";

it("tells blocks, conditions and functions, whatever the comments say", () => {
  const file = parseRules(
    "firestore.rules",
    `rules_version = '2';
    service cloud.firestore {
      match /databases/{database}/documents{
        // match /secret/{id} { allow read; }
        function isOwner(id) { let map = {"a": "}"}; return request.auth.uid == id; }
        match /users/{uid}/{rest=**} {
          allow read, write: if isOwner(uid) /* ; not yet */ && "};" != '';
          allow list;
        }
      }
    }`,
  );
  const documents = file.blocks[0]?.blocks[0];
  expect(documents).toMatchObject({ path: ["databases", "{database}", "documents"], line: 3, functions: ["isOwner"] });
  const [users, ...others] = documents?.blocks ?? [];
  expect(others).toEqual([]);
  expect(users).toMatchObject({ path: ["users", "{uid}", "{rest=**}"], line: 6 });
  expect(users?.allows.map(({ line, condition }) => [line, condition.replaceAll(/\s+/g, " ")])).toEqual([
    [7, `isOwner(uid) && "};" != ''`],
    [8, "true"],
  ]);
});

it.each([
  ["a block that is not closed", "service cloud.firestore {\n match /a/{b} {\n}", 3],
  ["a brace too many", "service cloud.firestore {\n}\n}", 3],
  ["a word it does not know", "service cloud.firestore {\n permit read;\n}", 2],
  ["a match without a path", "service cloud.firestore {\n match {}\n}", 2],
])("refuses %s", (_, text, line) => {
  expect(() => parseRules("my.rules", text)).toThrow(`my.rules, line ${line}: these rules cannot be read.`);
});
