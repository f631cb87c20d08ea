import { randomUUID } from "node:crypto";
import { logger } from "firebase-functions";
import { onRequest } from "firebase-functions/https";
import { onSchedule } from "firebase-functions/scheduler";
import { PSEUDONYM_KEY, RECEIPT_KEYS, REGION, ROUTING_FRESH_SECONDS } from "../config.ts";
import { parseKeys } from "../serve/receipt.ts";
import { database } from "../shared/firestore.ts";
import { CounterBuffer } from "../shared/flush.ts";
import { answerParserErrors, type HttpAnswer, httpError, methodNotAllowed } from "../shared/http.ts";
import { LifecycleCache } from "../shared/lifecycle.ts";
import { ingestLogs } from "./ingest-logs.ts";
import { IngestStore } from "./ingest-store.ts";
import type { IngestWindow } from "./schema.ts";

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

/** Holds what is stored against what was folded, hour by hour, and counts anew what the fold has missed. */
export const reconcile = onSchedule(
  { schedule: "every 1 hours", region: REGION, memory: "512MiB", timeoutSeconds: 540 },
  async () => {
    const { reconcileLogs } = await import("./reconcile-logs.ts");
    logger.info("reconciled", await reconcileLogs(database(), { holder: randomUUID(), nowMs: Date.now() }));
  },
);

/** What an instance keeps between requests. */
interface Instance {
  store: IngestStore;
  counters: CounterBuffer<IngestWindow>;
  policies: LifecycleCache;
}

let instance: Instance | undefined;

function makeInstance(): Instance {
  const db = database();
  const store = new IngestStore(db);
  return {
    store,
    counters: new CounterBuffer((windows) => store.writeWindows(windows)),
    policies: new LifecycleCache(db, ROUTING_FRESH_SECONDS.value() * 1000),
  };
}

async function answerTo(body: Uint8Array | undefined, contentType: string | undefined): Promise<HttpAnswer> {
  instance ??= makeInstance();
  const { store, counters, policies } = instance;
  try {
    const { collect: policy } = await policies.read();
    const secrets = { receiptKeys: parseKeys(RECEIPT_KEYS.value()), pseudonymKey: PSEUDONYM_KEY.value() };
    const answer = await ingestLogs(body, contentType, { store, counters, policy, ...secrets, nowMs: Date.now() });
    logger.info("ingest", { status: answer.status, bytes: body?.length ?? 0 });
    return answer;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    logger.error("ingest failed", { reason: String(cause) });
    return httpError(503, "the logs could not be stored just now; send them again");
  } finally {
    await counters.flushIfDue();
  }
}
