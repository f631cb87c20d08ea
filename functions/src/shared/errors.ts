import type { z } from "zod";

/** A fault in what a caller sent: the field it is in (dotted path, empty for the whole) and the rule it breaks. */
export interface FieldIssue {
  path: string;
  message: string;
}

/** Bad input. Its message and issues may be shown to the caller; it is never retried. */
export class InputError extends Error {
  readonly issues: readonly FieldIssue[];
  constructor(message: string, issues: readonly FieldIssue[] = []) {
    super(message);
    this.name = "InputError";
    this.issues = issues;
  }
}

/** A request that is well formed and may be made, but not in the present state. Its message is shown to the caller. */
export class RefusedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RefusedError";
  }
}

/** A decision of ours that came too late: somebody else was faster, and nothing is left to do. */
export class OvertakenError extends RefusedError {
  constructor(message: string) {
    super(message);
    this.name = "OvertakenError";
  }
}

/** A stored document or object that is not what its schema or checksum says. */
export class CorruptError extends Error {
  /** The object in Storage that is missing or damaged, if it is one. */
  readonly object: string | undefined;
  constructor(message: string, options?: ErrorOptions & { object?: string }) {
    super(message, options);
    this.name = "CorruptError";
    this.object = options?.object;
  }
}

/** Zod's issues as field issues. */
export function fieldIssues(error: z.ZodError): FieldIssue[] {
  return error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
}

/** `a.b: must be > 0; c: required`, for one-line messages. */
export function inWords(issues: readonly FieldIssue[]): string {
  return issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
}

/** Why something failed, for a message: what was thrown need not be an Error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Parses what a caller sent.
 * @throws {InputError} naming each field and rule
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = fieldIssues(parsed.error);
  throw new InputError(`${what} is not valid: ${inWords(issues)}`, issues);
}
