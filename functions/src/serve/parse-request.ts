import { type FieldIssue, fieldIssues, inWords, reasonOf } from "../shared/errors.ts";
import { type HttpAnswer, httpError, methodNotAllowed } from "../shared/http.ts";
import { PredictRequest } from "./schema.ts";

/** Bytes of a body at most. */
export const MAX_BODY_BYTES = 32 * 1024;
/** Issues told at most: enough to mend a page, and small whatever was sent. */
const MAX_ISSUES = 50;

/** What was asked, or the answer to a request that cannot be taken. */
export type ParsedRequest = { ok: true; request: PredictRequest } | { ok: false; answer: HttpAnswer };

/**
 * Reads `POST /predict`. The body is JSON, whatever content type it comes with; unknown fields are dropped. Whatever
 * comes, it does not throw.
 */
export function parseRequest(method: string, body: Uint8Array | undefined): ParsedRequest {
  if (method !== "POST") return { ok: false, answer: methodNotAllowed("POST") };
  if (body === undefined || body.length === 0) return refused(400, "the body is empty; send a JSON object");
  if (body.length > MAX_BODY_BYTES) {
    return refused(413, `the body has ${body.length} bytes; at most ${MAX_BODY_BYTES} are taken`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    return refused(400, `the body is not JSON: ${reasonOf(error)}`);
  }
  const parsed = PredictRequest.safeParse(json);
  if (parsed.success) return { ok: true, request: parsed.data };
  const issues = fieldIssues(parsed.error).slice(0, MAX_ISSUES);
  return refused(400, `the request is not valid: ${inWords(issues)}`, issues);
}

function refused(status: number, message: string, issues: FieldIssue[] = []): ParsedRequest {
  return { ok: false, answer: httpError(status, message, issues) };
}
