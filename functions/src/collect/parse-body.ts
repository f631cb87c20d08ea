import type { Issue } from "./schema.ts";
import { isRecord } from "./stored-fields.ts";

/** Bytes of a whole body. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Logs in one body. */
export const MAX_LOGS = 1000;
/** Bytes of one log: its line, or its compact JSON where it is part of a larger text. */
export const MAX_LOG_BYTES = 16 * 1024;

/** One log of a body, at its place among the logs (blank lines do not count), or why it cannot be read. */
export type BodyEntry =
  | { index: number; value: Record<string, unknown>; issue?: undefined }
  | { index: number; value?: undefined; issue: Issue };

/** The logs of a body, or the HTTP status of a body that none can be taken from. */
export type ParsedBody =
  | { ok: true; entries: BodyEntry[] }
  | { ok: false; status: 400 | 413 | 415; message: string; issues: Issue[] };

/**
 * Takes a body apart: one log, an array, or NDJSON. `text/plain` is what a beacon sends, and may be any of them. A broken
 * line costs that line only. Whatever comes, it does not throw.
 */
export function parseBody(body: Uint8Array | undefined, contentType: string | undefined): ParsedBody {
  const type = (contentType ?? "text/plain").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json" && type !== "application/x-ndjson" && type !== "text/plain") {
    return refused(415, "content-type must be application/json, application/x-ndjson or text/plain");
  }
  if (body === undefined || body.length === 0) return refused(400, "the body is empty");
  if (body.length > MAX_BODY_BYTES) {
    return refused(413, `the body has ${body.length} bytes; at most ${MAX_BODY_BYTES} are taken`);
  }
  const text = new TextDecoder().decode(body);
  const parsed = type === "application/x-ndjson" ? undefined : parseJson(text);
  if (parsed !== undefined && (parsed.ok || type === "application/json")) return fromJson(parsed);
  return fromLines(text);
}

type Json = { ok: true; value: unknown } | { ok: false; message: string };

function parseJson(text: string): Json {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function fromJson(parsed: Json): ParsedBody {
  if (!parsed.ok) return refused(400, `the body is not JSON: ${parsed.message}`);
  if (isRecord(parsed.value)) return taken([compactEntry(parsed.value, 0)]);
  if (!Array.isArray(parsed.value)) return refused(400, "the body must be a log, an array of logs, or NDJSON");
  if (parsed.value.length > MAX_LOGS) return refused(413, `the body has more than ${MAX_LOGS} logs`);
  return taken(parsed.value.map(compactEntry));
}

function compactEntry(value: unknown, index: number): BodyEntry {
  if (!isRecord(value)) return notALog(index, "a log must be a JSON object");
  try {
    const bytes = Buffer.byteLength(JSON.stringify(value));
    return bytes > MAX_LOG_BYTES ? tooLarge(index, bytes) : { index, value };
  } catch {
    // The parser takes any depth, the writer does not.
    return notALog(index, "nested too deeply");
  }
}

function fromLines(text: string): ParsedBody {
  const entries: BodyEntry[] = [];
  let number = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end === -1 ? text.length : end).trim();
    from = end === -1 ? text.length : end + 1;
    number++;
    if (line === "") continue;
    if (entries.length === MAX_LOGS) return refused(413, `the body has more than ${MAX_LOGS} logs`);
    entries.push(lineEntry(line, number, entries.length));
  }
  return taken(entries);
}

function lineEntry(line: string, number: number, index: number): BodyEntry {
  const bytes = Buffer.byteLength(line);
  if (bytes > MAX_LOG_BYTES) return tooLarge(index, bytes);
  const parsed = parseJson(line);
  if (!parsed.ok) return notALog(index, `line ${number} is not JSON: ${parsed.message}`);
  if (!isRecord(parsed.value)) return notALog(index, `line ${number} must be a JSON object`);
  return { index, value: parsed.value };
}

function taken(entries: BodyEntry[]): ParsedBody {
  const issues = entries.flatMap(({ issue }) => issue ?? []);
  const hopeless = issues.length === entries.length && issues.every(({ code }) => code === "unparsable");
  if (entries.length > 0 && hopeless) return refused(400, "nothing in the body can be parsed as a log", issues);
  return entries.length > 0 ? { ok: true, entries } : refused(400, "the body holds no log");
}

function notALog(index: number, message: string): BodyEntry {
  return { index, issue: { code: "unparsable", path: "", message } };
}

function tooLarge(index: number, bytes: number): BodyEntry {
  return {
    index,
    issue: { code: "too_large", path: "", message: `${bytes} bytes; a log has at most ${MAX_LOG_BYTES}` },
  };
}

function refused(status: 400 | 413 | 415, message: string, issues: Issue[] = []): ParsedBody {
  return { ok: false, status, message, issues };
}
