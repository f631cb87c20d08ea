import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { logger } from "firebase-functions";
import { onCall } from "firebase-functions/https";
import { projectID } from "firebase-functions/params";
import { onSchedule } from "firebase-functions/scheduler";
import { ALERT_WEBHOOK_SECRET, ALERT_WEBHOOK_URL, DATABASE_ID, REGION, VIRTUAL_TIME } from "../config.ts";
import { AlertStore } from "../shared/alert-store.ts";
import { asAdmin } from "../shared/callable.ts";
import { parseInput } from "../shared/errors.ts";
import { bucket, database } from "../shared/firestore.ts";
import { type DeliveryRun, deliverAlertsDue } from "./deliver-alerts.ts";
import { AcknowledgeRequest } from "./schema.ts";

/** The backstop of the loop: folds and decides when no traffic does it, revives jobs that stopped moving, ends harm. */
export const monitorHealth = onSchedule(
  {
    schedule: "every 5 minutes",
    region: REGION,
    memory: "512MiB",
    timeoutSeconds: 180,
    secrets: [ALERT_WEBHOOK_URL, ALERT_WEBHOOK_SECRET],
  },
  async ({ scheduleTime }) => {
    const { runMonitor } = await import("./run-monitor.ts");
    const times = { eventMs: Date.parse(scheduleTime), serverMs: Date.now(), clockMs: () => performance.now() };
    const run = { ...times, isVirtual: VIRTUAL_TIME.value(), holder: randomUUID(), delivery: deliveryRun() };
    logger.info("health", await runMonitor(database(), bucket(), run));
  },
);

/** Every minute: sends what is due of alerts to the webhook. A function of its own, so that nothing that goes wrong elsewhere keeps it. */
export const deliverAlerts = onSchedule(
  {
    schedule: "every 1 minutes",
    region: REGION,
    timeoutSeconds: 60,
    maxInstances: 1,
    secrets: [ALERT_WEBHOOK_URL, ALERT_WEBHOOK_SECRET],
  },
  async () => {
    logger.info("alerts", { ...(await deliverAlertsDue(database(), deliveryRun())) });
  },
);

/** Says that an alert is seen, so that nobody is reminded of it, or that its matter is settled: for admins, with a reason. */
export const acknowledgeAlert = onCall({ region: REGION }, (request) =>
  asAdmin(request, async ({ uid }, db) => {
    const { id, resolved, reason } = parseInput(AcknowledgeRequest, request.data, "the request");
    const { status } = await new AlertStore(db).answer({ id, isResolved: resolved, by: uid, reason });
    return { id, status };
  }),
);

function deliveryRun(): DeliveryRun {
  const database = DATABASE_ID.value().replace(/^\(default\)$/, "-default-");
  const console = `https://console.firebase.google.com/project/${projectID.value()}/firestore/databases/${database}/data`;
  return {
    settings: {
      url: ALERT_WEBHOOK_URL.value(),
      secret: ALERT_WEBHOOK_SECRET.value(),
      isLocal: process.env["FUNCTIONS_EMULATOR"] === "true",
    },
    holder: randomUUID(),
    clockMs: () => Date.now(),
    linkTo: (alert) => `${console}/~2Falerts~2F${encodeURIComponent(alert)}`,
  };
}
