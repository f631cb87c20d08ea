import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { logger, onInit } from "firebase-functions";
import { onDocumentWrittenWithAuthContext } from "firebase-functions/firestore";
import { onCall, onRequest } from "firebase-functions/https";
import { DATABASE_ID, PSEUDONYM_KEY, RECEIPT_KEYS, REGION, ROUTING_FRESH_SECONDS, VIRTUAL_TIME } from "../config.ts";
import { VersionStore } from "../registry/store.ts";
import { asAdmin } from "../shared/callable.ts";
import { reasonOf } from "../shared/errors.ts";
import { bucket, database } from "../shared/firestore.ts";
import { CounterBuffer } from "../shared/flush.ts";
import { answerParserErrors, type HttpAnswer, httpError, ok } from "../shared/http.ts";
import { changeRouting } from "./change-routing.ts";
import { judgeRouting } from "./judge-routing.ts";
import { ModelCache } from "./model-cache.ts";
import { parseRequest } from "./parse-request.ts";
import { Predictor } from "./predictor.ts";
import { parseKeys } from "./receipt.ts";
import { RoutingCache } from "./routing-cache.ts";
import { ServingStore } from "./serving-store.ts";
import { ROUTING_PATH, RoutingStore } from "./store.ts";

onInit(refuseVirtualTime);

/** Answers a visit: user context -> design. Every answer is counted; a log line for each would cost more than the answer. */
export const predict = onRequest(
  { region: REGION, cors: true, concurrency: 80, memory: "512MiB", secrets: [RECEIPT_KEYS, PSEUDONYM_KEY] },
  async (request, response) => {
    const startMs = performance.now();
    answerParserErrors(request.app);
    const answer = await answerTo(request.method, request.rawBody, () => performance.now() - startMs);
    response.set(answer.headers).status(answer.status).json(answer.body);
  },
);

/** Judges edits of routing/live by hand; our own writes are in its journal, and pass. */
export const onRoutingWritten = onDocumentWrittenWithAuthContext(
  { document: ROUTING_PATH, region: REGION, database: DATABASE_ID, retry: true, memory: "512MiB" },
  async (event) => {
    const verdict = await judgeRouting(routingTools(), {
      updated: event.data?.after.updateTime,
      who: event.authId ?? event.authType,
      eventMs: Date.parse(event.time),
      nowMs: Date.now(),
    });
    logger.info("routing written", { ...verdict });
  },
);

/** Changes stable or removes the candidate: for admins, with a reason. */
export const setRouting = onCall({ region: REGION, memory: "512MiB" }, (request) =>
  asAdmin(request, async ({ uid }) => {
    const changed = await changeRouting(routingTools(), request.data, { uid, nowMs: Date.now() });
    logger.info("routing set", { ...changed });
    return changed;
  }),
);

/** What an instance of predict keeps between requests. */
let predictor: Predictor | undefined;

async function answerTo(method: string, body: Uint8Array | undefined, elapsedMs: () => number): Promise<HttpAnswer> {
  const parsed = parseRequest(method, body);
  if (!parsed.ok) return parsed.answer;
  try {
    predictor ??= makePredictor();
    const predictionId = randomBytes(16).toString("base64url");
    return ok(await predictor.predict(parsed.request, { nowMs: Date.now(), predictionId, elapsedMs }));
  } catch (error) {
    logger.error("predict failed", { reason: reasonOf(error) });
    return httpError(503, "no answer can be given just now; keep the default design");
  }
}

function makePredictor(): Predictor {
  const { routing, versions } = routingTools();
  const serving = new ServingStore(database());
  return new Predictor({
    routing: new RoutingCache({
      look: () => routing.look(),
      freshMs: ROUTING_FRESH_SECONDS.value() * 1000,
      onFailure: (cause) => logger.warn("routing not read", { reason: reasonOf(cause) }),
    }),
    models: new ModelCache({
      load: (version) => versions.loadModel(version),
      onFailure: (version, cause) => logger.error("version cannot answer", { version, reason: reasonOf(cause) }),
    }),
    counters: new CounterBuffer((windows) => serving.write(windows)),
    receiptKeys: parseKeys(RECEIPT_KEYS.value()),
    pseudonymKey: PSEUDONYM_KEY.value(),
    virtualTime: VIRTUAL_TIME.value(),
  });
}

function routingTools() {
  const db = database();
  return { db, routing: new RoutingStore(db), versions: new VersionStore(db, bucket()) };
}

/**
 * Event times that visitors choose are for driving an emulator through weeks; in production they would be a way to lie.
 * @throws when VIRTUAL_TIME is on anywhere else
 */
function refuseVirtualTime(): void {
  if (VIRTUAL_TIME.value() && process.env["FUNCTIONS_EMULATOR"] !== "true") {
    throw new Error("VIRTUAL_TIME is for the emulator only; set it to false");
  }
}
