import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { foldDueLogs } from "../functions/src/collect/fold-due-logs.ts";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { LogStore } from "../functions/src/collect/store.ts";
import { FOLD_SETTLE_SECONDS } from "../functions/src/config.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { iso } from "../functions/src/shared/time.ts";
import { JobStore } from "../functions/src/train/store.ts";
import { runSchedule } from "../scripts/stack/client.ts";
import { importRows, WRITTEN } from "./import-rows.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { putRouting } from "./routing.ts";
import { endOf, forgetTrainings, versionsOf } from "./trainings.ts";

const SCRIPT = resolve(import.meta.dirname, "../scripts/import.ts");
const FOLDER = mkdtempSync(join(tmpdir(), "import-"));
const ROWS = 2000;
const REFUSED = 3;
const DAY_MS = 86_400_000;
/** Days of event time of its own, long ago. */
const END = Date.UTC(2026, 2, 20, 12);
const COUNTED = ["windows", "traffic", "ingest_windows", "quarantined_logs"];
const db = database();

const rows = importRows("flow", { count: ROWS + REFUSED, endMs: END }).map((row, i) => {
  if (i === 700) return { ...row, scroll_depth: 7 };
  if (i === 1200) return { ...row, consent: { granted: false, at: row.timestamp } };
  return i === 1999 ? { ...row, timestamp: "2099-01-01T00:00:00Z" } : row;
});

interface Report {
  rows: number;
  accepted: number;
  duplicates: number;
  refused: number;
  resumed_after: number;
  reasons: { code: string; field: string; first_rows: number[] }[];
  rows_per_second: number;
}

function written(format: keyof typeof WRITTEN): string {
  const path = join(FOLDER, `rows.${format}`);
  writeFileSync(path, WRITTEN[format](rows));
  return path;
}

/** Runs the command as npm does. */
function importing(...args: string[]): Promise<{ status: number; report: Report; err: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [SCRIPT, ...args, "--json"], (error, out, err) => {
      const report = (out === "" ? {} : JSON.parse(out)) as Report;
      done({ status: error === null ? 0 : Number(error.code), report, err });
    });
  });
}

/** The imported logs, page by page as a training reads them. */
async function imported(): Promise<InteractionLog[]> {
  const logs: InteractionLog[] = [];
  const query = { shard: 0, fromEventMs: END - 4 * DAY_MS, toEventMs: END, limit: 500 };
  for (let after = null as Parameters<LogStore["pageLogs"]>[0]["after"]; ; ) {
    const page = await new LogStore(db).pageLogs({ ...query, after });
    logs.push(...page.logs);
    if (page.next === null) return logs.filter(({ source }) => source === "import");
    after = page.next;
  }
}

async function counted(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const collection of COUNTED) {
    const { docs } = await db.collection(collection).get();
    for (const doc of docs) found[doc.ref.path] = JSON.stringify(doc.data());
  }
  return found;
}

let before: Record<string, unknown>;
restorePolicyAfterwards();

beforeAll(async () => {
  // Nothing is trained but what the test opens.
  const triggers = { data_volume: { enabled: false }, age: { enabled: false } };
  await db.doc(LIFECYCLE_PATH).set({ training: { rounds: 10, folds: 0 }, triggers, jobs: { queued_minutes: 0.05 } });
  await putRouting();
  await forgetTrainings();
  process.loadEnvFile(resolve(import.meta.dirname, "../functions/.env.local"));
  await foldAll();
  before = await counted();
});

afterAll(async () => {
  await forgetTrainings();
  const { docs } = await db.collection("interaction_logs").where("source", "==", "import").get();
  for (let from = 0; from < docs.length; from += 400) {
    const batch = db.batch();
    for (const doc of docs.slice(from, from + 400)) batch.delete(doc.ref);
    await batch.commit();
  }
});

/** Folds all that is there now. */
async function foldAll(): Promise<void> {
  const settledMs = Date.now() + 1000 * FOLD_SETTLE_SECONDS.value() + 500;
  await vi.waitFor(
    async () => {
      const holder = `import-${Date.now()}`;
      const { complete } = await foldDueLogs(db, { holder, maxSteps: 50, restMs: 0 });
      expect(complete && Date.now() > settledMs).toBe(true);
    },
    { timeout: 60_000, interval: 300 },
  );
}

/** Kills the command as soon as its first batch is done, and a part of the second perhaps. */
async function killed(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [SCRIPT, path], { stdio: "ignore" });
  const rowsDone = (): number => {
    const state = `${path}.import-state.json`;
    return existsSync(state) ? (JSON.parse(readFileSync(state, "utf8")) as { row: number }).row : 0;
  };
  await vi.waitFor(() => expect(rowsDone()).toBeGreaterThanOrEqual(500), { timeout: 60_000, interval: 5 });
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(rowsDone()).toBeLessThan(ROWS);
  return child;
}

describe("npm run import", () => {
  it("goes on after a crash in the middle, and its report covers all", async () => {
    const path = written("csv");
    await killed(path);
    const { status, report, err } = await importing(path);
    expect([status, err]).toEqual([0, ""]);
    expect(report).toMatchObject({ rows: ROWS + REFUSED, accepted: ROWS, duplicates: 0, refused: REFUSED });
    expect(report.resumed_after).toBeGreaterThanOrEqual(500);
    expect(report.reasons.map(({ code, field, first_rows: [row] }) => [code, field, row])).toEqual([
      ["out_of_range", "scroll_depth", 701],
      ["no_consent", "consent.granted", 1201],
      ["out_of_range", "timestamp", 2000],
    ]);
    expect(existsSync(`${path}.import-state.json`)).toBe(false);
    expect(await imported()).toHaveLength(ROWS);
  });

  it.each(["ndjson", "json", "csv"] as const)(
    "changes nothing when the same rows come again, as %s",
    async (format) => {
      const { status, report } = await importing(written(format));
      expect(status).toBe(0);
      expect(report).toMatchObject({ accepted: 0, duplicates: ROWS, refused: REFUSED, resumed_after: 0 });
      expect(await imported()).toHaveLength(ROWS);
    },
  );

  it("stores them as ingest does: shortened, under pseudonyms, to expire by when they came", async () => {
    const [log] = await imported();
    const doc = await db
      .collection("interaction_logs")
      .doc(log?.prediction_id ?? "")
      .get();
    expect(doc.id).toMatch(/^imp_[0-9a-f]{64}$/);
    expect(log).toMatchObject({
      arm: "stable",
      assigned_version: "rules",
      propensity: 1,
      user_context: { page_path: "/shop", user_agent: { family: "Firefox" } },
      consent: { policy: "2026-01" },
    });
    expect(log?.unit).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const receivedMs = Date.parse(log?.received_at ?? "");
    const kept = (doc.get("expire_at") as { toMillis(): number }).toMillis() - receivedMs;
    expect(kept).toBe(88 * DAY_MS);
    expect(Date.now() - receivedMs).toBeLessThan(300_000);
  });

  it("lets the fold pass them: no window, traffic or counter has changed, and no decision is dated by them", async () => {
    const folded = async (field: string): Promise<unknown> => (await db.doc("pipeline/fold-0").get()).get(field);
    await foldAll();
    expect(await folded("watermark.fold_after")).toSatisfy((at: string) => Date.parse(at) > Date.now() - 300_000);
    const after = await counted();
    expect(Object.entries(after).filter(([path, text]) => before[path] !== text)).toEqual([]);
    expect(Object.keys(before).filter((path) => after[path] === undefined)).toEqual([]);
  });

  it("gives them to a training", async () => {
    const wanted = { kind: "full", requested_by: "system", reason: "an import", evaluation: null } as const;
    const opening = await new JobStore(db).create({ ...wanted, id: "import", as_of: iso(END), in_service: "rules" });
    expect(opening.opened).toBe(true);
    const job = await endOf("import", () => runSchedule("monitorHealth", iso(END)));
    expect(job).toMatchObject({ stage: "succeeded", dataset: { rows: ROWS, sessions: ROWS } });
    const [version] = await versionsOf(job.id);
    expect(version?.metrics.classes.density.accuracy).toBeGreaterThan(0.7);
  });

  it("refuses what it cannot read in one line, with exit status 2", async () => {
    const broken = join(FOLDER, "broken.json");
    writeFileSync(broken, '[{"a":');
    for (const args of [["none.csv"], [SCRIPT], [broken], [broken, "--map", broken]]) {
      const { status, err } = await importing(...args);
      expect([status, err.trim().split("\n").length]).toEqual([2, 1]);
      expect(err).toContain(args[1] === undefined && args[0] === SCRIPT ? "--format" : "cannot be read");
    }
  });
});
