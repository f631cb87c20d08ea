import { randomUUID } from "node:crypto";
import { logger } from "firebase-functions";
import { onDocumentWrittenWithAuthContext } from "firebase-functions/firestore";
import { onCall } from "firebase-functions/https";
import { onSchedule } from "firebase-functions/scheduler";
import { DATABASE_ID, REGION } from "../config.ts";
import { asAdmin } from "../shared/callable.ts";
import { bucket, database } from "../shared/firestore.ts";
import { LIFECYCLE_PATH } from "../shared/lifecycle.ts";
import { judgeConfig } from "./judge-config.ts";
import { setPolicy } from "./set-config.ts";
import { PolicyStore } from "./store.ts";

/** Judges edits of config/lifecycle by hand: journals good ones, puts bad ones back. */
export const onConfigWritten = onDocumentWrittenWithAuthContext(
  { document: LIFECYCLE_PATH, region: REGION, database: DATABASE_ID, retry: true },
  async (event) => {
    const before = event.data?.before.data();
    const updated = event.data?.after.updateTime;
    const write = { before, updated, who: event.authId ?? event.authType };
    const outcome = await judgeConfig(database(), write, { eventMs: Date.parse(event.time), nowMs: Date.now() });
    logger.info("config written", { outcome });
  },
);

/** Every day: history is rolled up, and versions that nothing needs are removed. */
export const enforceRetention = onSchedule(
  {
    schedule: "every day 04:30",
    timeZone: "Etc/UTC",
    region: REGION,
    memory: "512MiB",
    timeoutSeconds: 540,
    maxInstances: 1,
  },
  async (event) => {
    const { enforceDaily } = await import("./enforce-daily.ts");
    const times = { eventMs: Date.parse(event.scheduleTime), serverMs: Date.now() };
    const [history, versions] = await enforceDaily({ db: database(), bucket: bucket() }, randomUUID(), times);
    logger.info("history rolled up", history);
    logger.info("versions cleaned up", { ...versions, keep: versions.keep.length });
  },
);

/** Replaces the whole policy: for admins, with a reason. */
export const setConfig = onCall({ region: REGION }, (request) =>
  asAdmin(request, async ({ uid }, db) => {
    const policy = await setPolicy(new PolicyStore(db), request.data, uid);
    logger.info("config set");
    return { policy };
  }),
);
