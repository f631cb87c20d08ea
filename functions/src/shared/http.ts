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

/** As much of an Express application, and of what its error handlers are given, as is used here. */
interface App {
  use(
    handler: (error: ParserError, request: unknown, response: ErrorResponse, next: (error: unknown) => void) => void,
  ): unknown;
}
interface ErrorResponse {
  status(code: number): { json(body: unknown): unknown };
}
interface ParserError {
  type?: string;
  message?: string;
}

const prepared = new WeakSet<App>();

/**
 * The Functions runtime parses `application/json` before our code runs, and answers a page of its own where that fails. From
 * an instance's first request on, its later ones are answered in our form.
 */
export function answerParserErrors(app: App): void {
  if (prepared.has(app)) return;
  prepared.add(app);
  app.use((error, _request, response, next) => {
    const answer = parserAnswer(error);
    if (answer === undefined) next(error);
    else response.status(answer.status).json(answer.body);
  });
}

function parserAnswer({ type, message }: ParserError): HttpAnswer | undefined {
  if (type === "entity.parse.failed") return httpError(400, `the body is not JSON: ${message}`);
  return type === "entity.too.large" ? httpError(413, "the body is too large") : undefined;
}
