import type { HttpAnswer } from "../shared/http.ts";
import type { InboxStore } from "./inbox-store.ts";

/** What became of a document of the inbox; `status` is what ingest would have answered. */
export type InboxOutcome = { outcome: "taken"; status: number } | { outcome: "gone" | "closed" | "given_up" };

/** What taking works with. */
export interface InboxTools {
  inbox: Pick<InboxStore, "read" | "remove">;
  /** Whether the policy lets logs come this way. */
  isOpen: () => Promise<boolean>;
  /** Takes a body as ingest does. */
  take: (body: Uint8Array | undefined, contentType: string | undefined) => Promise<HttpAnswer>;
  /** Milliseconds since the document was created. */
  ageMs: number;
}

/** Milliseconds after which a document that cannot be taken is not tried again: it must not lie there for ever. */
const GIVE_UP_MS = 12 * 3_600_000;

/**
 * Hands what was left in the inbox to ingest, word by word, and deletes it then. An event that comes twice finds it gone; one
 * whose deletion failed hands it over again, and ingest knows the log. What ingest does not take is counted there.
 */
export async function takeFromInbox(id: string, { inbox, isOpen, take, ageMs }: InboxTools): Promise<InboxOutcome> {
  const left = await inbox.read(id);
  if (left === null) return { outcome: "gone" };
  const outcome = await handOver(left.body, { isOpen, take, ageMs });
  await inbox.remove(id);
  return outcome;
}

async function handOver(
  body: unknown,
  { isOpen, take, ageMs }: Pick<InboxTools, "isOpen" | "take" | "ageMs">,
): Promise<InboxOutcome> {
  try {
    if (!(await isOpen())) return { outcome: "closed" };
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : undefined;
    return { outcome: "taken", status: (await take(bytes, "text/plain")).status };
  } catch (error) {
    if (ageMs < GIVE_UP_MS) throw error;
    return { outcome: "given_up" };
  }
}
