import { toUSVString } from "node:util";
import type { z } from "zod";
import type { Issue, IssueCode } from "./schema.ts";
import { isRecord } from "./stored-fields.ts";

/** Issues that one log is told at most: enough to mend a page, and small whatever was sent. */
const MAX_ISSUES = 50;
const MAX_MESSAGE = 200;

/** Zod's issues as ours: which rule was broken, and where. */
export function schemaIssues(error: z.ZodError, value: unknown): Issue[] {
  return error.issues.slice(0, MAX_ISSUES).map((issue) => ({
    code: codeOf(issue, at(value, issue.path)),
    path: toUSVString(issue.path.map(String).join(".").slice(0, MAX_MESSAGE)),
    message: toUSVString(issue.message.slice(0, MAX_MESSAGE)),
  }));
}

function codeOf(issue: z.core.$ZodIssue, found: unknown): IssueCode {
  if (found === undefined && issue.code !== "custom") return "missing_field";
  switch (issue.code) {
    case "invalid_type":
      return "wrong_type";
    case "too_small":
    case "too_big":
      return "out_of_range";
    default:
      return "invalid_value";
  }
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (Array.isArray(found) && typeof key === "number") found = found[key] as unknown;
    else found = isRecord(found) && Object.hasOwn(found, key) ? found[String(key)] : undefined;
  }
  return found;
}
