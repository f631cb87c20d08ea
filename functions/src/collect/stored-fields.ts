import { toUSVString } from "node:util";
import { type UserContext, UserContext as UserContextSchema } from "../design/schema.ts";
import { LogBody, type StoredContext } from "./schema.ts";
import { parseUserAgent } from "./user-agent.ts";

/** Characters to which strings in quarantine are cut. */
const QUARANTINE_TEXT = 200;
/** Members of a map or list that quarantine keeps, and how deep it looks: a good log needs no more. */
const QUARANTINE_MEMBERS = 64;
const QUARANTINE_DEPTH = 4;

/** Never kept: the receipt is a key to a prediction, and user_id is kept as a pseudonym only. */
const NEVER_STORED = new Set(["receipt", "user_id"]);
const LOG_FIELDS = Object.keys(LogBody.shape).filter((name) => !NEVER_STORED.has(name));
const CONTEXT_FIELDS = Object.keys(UserContextSchema.shape);

/** A path without query and fragment, which may hold names, tokens and searches. */
export function pathOnly(path: string): string {
  return path.split(/[?#]/, 1)[0] ?? "";
}

/** `https://shop.example`, or undefined where there is none to tell. */
export function originOf(referer: string): string | undefined {
  const origin = URL.parse(referer)?.origin;
  return origin === "null" ? undefined : origin;
}

/** A context as it is stored: path and referer shortened, the user agent parsed. */
export function storedContext(context: UserContext): StoredContext {
  const { referer, ...rest } = context;
  const origin = referer === undefined ? undefined : originOf(referer);
  return {
    ...rest,
    page_path: pathOnly(context.page_path),
    user_agent: parseUserAgent(context.user_agent),
    ...(origin === undefined ? {} : { referer: origin }),
  };
}

/**
 * What quarantine keeps of a log that broke a rule: known fields only, shortened as in a good log, and cut. What must be
 * shortened and cannot be, for it has the wrong type, is not kept.
 */
export function quarantinedFields(log: Record<string, unknown>): Record<string, unknown> {
  const { user_context: context, ...kept } = pick(log, LOG_FIELDS);
  if (isRecord(context)) kept["user_context"] = shortened(pick(context, CONTEXT_FIELDS));
  return cut(kept, QUARANTINE_DEPTH) as Record<string, unknown>;
}

function shortened(context: Record<string, unknown>): Record<string, unknown> {
  const { user_agent: agent, page_path: path, referer, ...rest } = context;
  if (typeof agent === "string") rest["user_agent"] = parseUserAgent(agent);
  if (typeof path === "string") rest["page_path"] = pathOnly(path);
  if (typeof referer === "string") rest["referer"] = originOf(referer) ?? "";
  return rest;
}

function pick(value: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(value, name) ? [[name, value[name]]] : [])));
}

/** A copy that Firestore takes (no list in a list, no reserved names) and that is small whatever it came from. */
function cut(value: unknown, depth: number): unknown {
  if (typeof value === "string") return toUSVString(value.slice(0, QUARANTINE_TEXT));
  if (value === null || typeof value !== "object") return value;
  if (depth === 0) return Array.isArray(value) ? "[list]" : "[map]";
  if (Array.isArray(value)) {
    return value
      .slice(0, QUARANTINE_MEMBERS)
      .map((member) => (Array.isArray(member) ? "[list]" : cut(member, depth - 1)));
  }
  const members = Object.entries(value)
    .filter(([name]) => name !== "" && !name.startsWith("__"))
    .slice(0, QUARANTINE_MEMBERS)
    .map(([name, member]) => [toUSVString(name.slice(0, 64)), cut(member, depth - 1)] as const);
  return Object.fromEntries(members);
}

/** The same value with lone surrogates replaced, which JSON allows and Firestore does not. */
export function wellFormed<T>(value: T): T {
  if (typeof value === "string") return toUSVString(value) as T;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(wellFormed) as T;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, wellFormed(member)])) as T;
}

/** True for a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
