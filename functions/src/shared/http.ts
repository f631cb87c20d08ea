import type { FieldIssue } from "./errors.ts";

/** What an HTTP function answers. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** A JSON answer with status 200. */
export function ok(body: unknown): HttpAnswer {
  return { status: 200, headers: {}, body };
}

/** The one form that errors of every HTTP function have: `{error: {status, message, issues}}`. */
export function httpError(status: number, message: string, issues: readonly FieldIssue[] = []): HttpAnswer {
  return { status, headers: {}, body: { error: { status, message, issues } } };
}

/** 405, naming what is allowed. */
export function methodNotAllowed(allow: string): HttpAnswer {
  return { ...httpError(405, `use ${allow}`), headers: { Allow: allow } };
}
