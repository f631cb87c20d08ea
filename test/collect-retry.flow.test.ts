import { expect, it } from "vitest";
import { type IngestAnswer, ingestLogs } from "../functions/src/collect/ingest-logs.ts";
import { IngestStore } from "../functions/src/collect/ingest-store.ts";
import type { IngestWindow } from "../functions/src/collect/schema.ts";
import { Lifecycle } from "../functions/src/config.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { CounterBuffer } from "../functions/src/shared/flush.ts";
import { demoKeys, signedLog } from "./signed-log.ts";

const db = database();

/** A database that does its work and then does not say so, or does not do it, as long as there are troubles left. */
class TroubledStore extends IngestStore {
  private readonly troubles: ("refuses" | "forgets to answer")[];
  constructor(troubles: TroubledStore["troubles"]) {
    super(db);
    this.troubles = troubles;
  }

  override async put(...args: Parameters<IngestStore["put"]>): ReturnType<IngestStore["put"]> {
    const trouble = this.troubles.pop();
    if (trouble === "refuses") throw new Error("unavailable");
    const placements = await super.put(...args);
    if (trouble !== undefined) throw new Error("deadline exceeded");
    return placements;
  }
}

it.each([
  { name: "nothing was stored", troubles: ["refuses", "refuses", "refuses"] as const, counted: 250 },
  { name: "a part was stored", troubles: ["refuses"] as const, counted: 250 },
  { name: "all was stored and a part not confirmed", troubles: ["forgets to answer"] as const, counted: 150 },
])("fails as a whole when $name, and sending again stores each log once", async ({ troubles, counted }) => {
  const logs = Array.from({ length: 250 }, () => signedLog());
  const windows = new Map<string, IngestWindow>();
  const counters = new CounterBuffer<IngestWindow>(async (written) => {
    for (const [name, window] of written) windows.set(name, structuredClone(window));
  });
  const tools = {
    store: new TroubledStore([...troubles]),
    counters,
    policy: Lifecycle.parse({}).collect,
    receiptKeys: demoKeys(),
    pseudonymKey: "a key of no importance",
  };
  const send = () => ingestLogs(Buffer.from(JSON.stringify(logs)), "application/json", { ...tools, nowMs: Date.now() });

  await expect(send()).rejects.toThrow("logs not stored");
  const { status, body } = await send();
  expect(status).toBe(200);
  const { accepted, duplicates, rejected, quarantined } = body as IngestAnswer;
  expect(accepted + duplicates).toBe(250);
  expect([...rejected, ...quarantined]).toEqual([]);
  const found = await db.getAll(...logs.map((log) => db.doc(`interaction_logs/${log.prediction_id}`)));
  expect(found.every((doc) => doc.exists)).toBe(true);

  await counters.flush();
  const sum = (field: "accepted" | "duplicates") =>
    [...windows.values()].reduce((all, window) => all + window[field], 0);
  expect(sum("accepted")).toBe(counted);
  // What a lost answer stored shows up as duplicates of the second sending: in sum, nothing is counted that was not seen.
  expect(sum("accepted") + sum("duplicates")).toBeGreaterThanOrEqual(250);
  expect((await send()).body).toMatchObject({ accepted: 0, duplicates: 250 });
});
