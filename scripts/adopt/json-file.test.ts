import { describe, expect, it } from "vitest";
import { JsonFile } from "./json-file.ts";

describe("JsonFile", () => {
  it.each<[string, string, (json: JsonFile) => void, string]>([
    [
      "adds a property as the last one",
      '{\n  "a": 1\n}\n',
      (json) => json.set(["b"], 2),
      '{\n  "a": 1,\n  "b": 2\n}\n',
    ],
    ["adds one as the first", '{ "a": 1 }', (json) => json.set(["b"], 2, true), '{ "b": 2, "a": 1 }'],
    ["adds one to an empty object", "{}", (json) => json.set(["b"], [1, "x"]), '{\n  "b": [1, "x"]\n}'],
    ["replaces one", '{"a":{"b":1}, "c":2}', (json) => json.set(["a", "b"], "x"), '{"a":{"b":"x"}, "c":2}'],
    [
      "adds an element to an array on one line",
      '{"a": [1, 2]}',
      (json) => json.insert(["a"], "last", 3),
      '{"a": [1, 2, 3]}',
    ],
    [
      "adds one before all others",
      '{\r\n\t"a": [\r\n\t\t1\r\n\t]\r\n}',
      (json) => json.insert(["a"], "first", 0),
      '{\r\n\t"a": [\r\n\t\t0,\r\n\t\t1\r\n\t]\r\n}',
    ],
    [
      "keeps the comment of what was last",
      '{\n    "a": [\n        1 // one\n        // more\n    ]\n}',
      (json) => json.insert(["a"], "last", 2),
      '{\n    "a": [\n        1, // one\n        2\n        // more\n    ]\n}',
    ],
    [
      "keeps a comment in an empty array",
      '{\n  "a": [\n    // none\n  ]\n}',
      (json) => json.insert(["a"], "last", 1),
      '{\n  "a": [\n    // none\n    1\n  ]\n}',
    ],
    [
      "makes an object the first of an array, with its comments",
      '{\n  "a": { // the one\n    "b": 1\n  }\n}',
      (json) => json.wrap(["a"]),
      '{\n  "a": [\n    { // the one\n      "b": 1\n    }\n  ]\n}',
    ],
    [
      "writes what is long on several lines",
      '{\n\t"a": 1\n}',
      (json) => json.set(["b"], { c: "x".repeat(60), d: ["y".repeat(60)] }),
      `{\n\t"a": 1,\n\t"b": {\n\t\t"c": "${"x".repeat(60)}",\n\t\t"d": ["${"y".repeat(60)}"]\n\t}\n}`,
    ],
  ])("%s", (_, text, change, expected) => {
    const json = new JsonFile("firebase.json", text);
    change(json);
    expect(json.text).toBe(expected);
  });

  it("names lines as they were", () => {
    const json = new JsonFile("firebase.json", '{\n  "a": {},\n  "b": 1\n}');
    json.set(["a", "c"], 1);
    expect(json.text.split("\n")).toHaveLength(6);
    expect(json.lineOf(["b"])).toBe(3);
  });

  it.each([
    ["[]", "firebase.json must hold a JSON object."],
    ['{\n "a": 1,\n "b" 2\n}', "firebase.json, line 3: ColonExpected."],
    ['{ "a": 1, }', "firebase.json, line 1: PropertyNameExpected."],
  ])("refuses %j", (text, message) => {
    expect(() => new JsonFile("firebase.json", text)).toThrow(message);
  });
});
