import { randomUUID } from "node:crypto";
import { logger } from "firebase-functions";
import { onDocumentCreated } from "firebase-functions/firestore";
import { onRequest } from "firebase-functions/https";
import { onSchedule } from "firebase-functions/scheduler";
import { DATABASE_ID, PSEUDONYM_KEY, RECEIPT_KEYS, REGION, ROUTING_FRESH_SECONDS } from "../config.ts";
import { parseKeys } from "../serve/receipt.ts";
import { database } from "../shared/firestore.ts";
import { CounterBuffer } from "../shared/flush.ts";
import { answerParserErrors, type HttpAnswer, httpError, methodNotAllowed } from "../shared/http.ts";
import { LifecycleCache, readLifecycle } from "../shared/lifecycle.ts";
import { InboxStore } from "./inbox-store.ts";
import { ingestLogs } from "./ingest-logs.ts";
import { IngestStore } from "./ingest-store.ts";
import type { IngestWindow } from "./schema.ts";
import { takeFromInbox } from "./take-from-inbox.ts";

/** Takes logs of visits: one, an array or NDJSON, at most 1000. */
export const ingest = onRequest(
  {
    region: REGION,
    cors: true,
    // A body of 8 MiB takes several times that while it is bytes, text, JSON and documents; 80 at once, the default, would
    // fill any instance.
    concurrency: 8,
    memory: "1GiB",
    timeoutSeconds: 60,
    secrets: [RECEIPT_KEYS, PSEUDONYM_KEY],
  },
  async (request, response) => {
    const post = request.method === "POST";
    answerParserErrors(request.app);
    const answer = post ? await answerTo(request.rawBody, request.get("content-type")) : methodNotAllowed("POST");
    response.set(answer.headers).status(answer.status).json(answer.body);
  },
);

/** Takes a log that a site has left in the inbox, if the policy lets it, and deletes it from there. Its answer is nobody's. */
export const onInboxLog = onDocumentCreated(
  {
    document: "log_inbox/{id}",
    region: REGION,
    database: DATABASE_ID,
    retry: true,
    memory: "512MiB",
    timeoutSeconds: 60,
    secrets: [RECEIPT_KEYS, PSEUDONYM_KEY],
  },
  async (event) => {
    instance ??= makeInstance();
    const { inbox, counters, policies } = instance;
    try {
      const outcome = await takeFromInbox(event.params.id, {
        inbox,
        // One that was opened a moment ago is asked for anew: what is left in a closed inbox is lost.
        isOpen: async () =>
          (await policies.read()).collect.inbox_enabled || (await readLifecycle(database())).collect.inbox_enabled,
        take: ingestBody,
        ageMs: Date.now() - Date.parse(event.time),
      });
      if (outcome.outcome === "given_up") logger.error("a log of the inbox could not be stored for hours, and is lost");
      else logger.info("inbox", { ...outcome });
    } finally {
      await counters.flushIfDue();
    }
  },
);

/** Holds what is stored against what was folded, hour by hour, and counts anew what the fold has missed. */
export const reconcile = onSchedule(
  { schedule: "every 1 hours", region: REGION, memory: "512MiB", timeoutSeconds: 540 },
  async () => {
    const { reconcileLogs } = await import("./reconcile-logs.ts");
    const run = { holder: randomUUID(), nowMs: Date.now() };
    logger.info("reconciled", { ...(await reconcileLogs(database(), run)) });
  },
);

/** What an instance keeps between requests. */
interface Instance {
  store: IngestStore;
  inbox: InboxStore;
  counters: CounterBuffer<IngestWindow>;
  policies: LifecycleCache;
}

let instance: Instance | undefined;

function makeInstance(): Instance {
  const db = database();
  const store = new IngestStore(db);
  return {
    store,
    inbox: new InboxStore(db),
    counters: new CounterBuffer((windows) => store.writeWindows(windows), { whole: true }),
    policies: new LifecycleCache(db, ROUTING_FRESH_SECONDS.value() * 1000),
  };
}

/** Takes a body of logs into the store. */
async function ingestBody(body: Uint8Array | undefined, contentType: string | undefined): Promise<HttpAnswer> {
  instance ??= makeInstance();
  const { store, counters, policies } = instance;
  const { collect: policy } = await policies.read();
  const secrets = { receiptKeys: parseKeys(RECEIPT_KEYS.value()), pseudonymKey: PSEUDONYM_KEY.value() };
  return ingestLogs(body, contentType, { store, counters, policy, ...secrets, nowMs: Date.now() });
}

async function answerTo(body: Uint8Array | undefined, contentType: string | undefined): Promise<HttpAnswer> {
  try {
    const answer = await ingestBody(body, contentType);
    logger.info("ingest", { status: answer.status, bytes: body?.length ?? 0 });
    return answer;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    logger.error("ingest failed", { reason: String(cause) });
    return httpError(503, "the logs could not be stored just now; send them again");
  } finally {
    await instance?.counters.flushIfDue();
  }
}
