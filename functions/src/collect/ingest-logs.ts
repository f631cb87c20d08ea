import type { Lifecycle } from "../config.ts";
import { pseudonym } from "../serve/pseudonym.ts";
import { type OpenedReceipt, openReceipt, type ReceiptKeys } from "../serve/receipt.ts";
import type { CounterBuffer } from "../shared/flush.ts";
import { type HttpAnswer, httpError, ok } from "../shared/http.ts";
import type { Placement } from "./amendment.ts";
import { countPlacement, countRefusal, emptyIngestWindow, ingestStartMs } from "./ingest-counts.ts";
import { CHUNK, type IngestStore, type LogGroup, portions } from "./ingest-store.ts";
import { type Judgement, judgeLog } from "./judge-log.ts";
import { type BodyEntry, parseBody } from "./parse-body.ts";
import type { IngestWindow, Issue } from "./schema.ts";
import { startId } from "./window.ts";

/** What ingest works with. */
export interface IngestTools {
  store: IngestStore;
  counters: CounterBuffer<IngestWindow>;
  policy: Lifecycle["collect"];
  receiptKeys: ReceiptKeys;
  pseudonymKey: string;
  /** Server time. */
  nowMs: number;
}

/** The answer to a body of logs, each named by its place among them. */
export interface IngestAnswer {
  /** New ones, and amendments. */
  accepted: number;
  /** Known already, or amended too late to count. */
  duplicates: number;
  quarantined: { index: number; issues: Issue[] }[];
  rejected: { index: number; issues: Issue[] }[];
}

/**
 * Takes a body of logs: judges each on its own, stores what is good, keeps what may be kept of the rest, and counts all
 * of it. If the database fails for a part, the answer is 503: sending the same again changes nothing for what was stored.
 */
export async function ingestLogs(
  body: Uint8Array | undefined,
  contentType: string | undefined,
  tools: IngestTools,
): Promise<HttpAnswer> {
  const count = counting(tools);
  const parsed = parseBody(body, contentType);
  if (!parsed.ok) {
    const code = parsed.status === 413 ? "too_large" : "unparsable";
    const issues: Issue[] = [{ code, path: "", message: parsed.message }];
    for (const issue of parsed.issues.length > 0 ? parsed.issues : issues) {
      count((window) => countRefusal(window, "rejected", [issue]));
    }
    return httpError(parsed.status, parsed.message, parsed.issues);
  }

  const answer: IngestAnswer = { accepted: 0, duplicates: 0, quarantined: [], rejected: [] };
  const groups = new Map<string, PlacedGroup>();
  const quarantined: Quarantined[] = [];
  for (const entry of parsed.entries) {
    const judgement = judge(entry, tools);
    switch (judgement.kind) {
      case "valid": {
        const id = judgement.log.prediction_id;
        const group = groups.get(id) ?? { predictionId: id, logs: [], indices: [] };
        group.logs.push(judgement.log);
        group.indices.push(entry.index);
        groups.set(id, group);
        break;
      }
      case "quarantined":
        quarantined.push({ ...judgement, index: entry.index });
        break;
      case "rejected": {
        const { issues, unanswered } = judgement;
        answer.rejected.push({ index: entry.index, issues });
        count((window) => {
          countRefusal(window, "rejected", issues);
          if (unanswered !== undefined) window.unanswered[unanswered] = (window.unanswered[unanswered] ?? 0) + 1;
        });
      }
    }
  }

  const done = await Promise.allSettled([
    ...portions([...groups.values()], CHUNK).map((chunk) => putChunk(chunk, tools, answer, count)),
    ...portions(quarantined, CHUNK).map((chunk) => quarantineChunk(chunk, tools, answer, count)),
  ]);
  const failed = done.find((result) => result.status === "rejected");
  if (failed !== undefined) throw new Error("logs not stored", { cause: failed.reason });
  answer.quarantined.sort((a, b) => a.index - b.index);
  answer.rejected.sort((a, b) => a.index - b.index);
  return ok(answer);
}

interface PlacedGroup extends LogGroup {
  logs: LogGroup["logs"][number][];
  /** Place of each log in the body. */
  indices: number[];
}

type Quarantined = Extract<Judgement, { kind: "quarantined" }> & { index: number };
type Count = (change: (window: IngestWindow) => void) => void;

function counting({ counters, nowMs }: IngestTools): Count {
  const startMs = ingestStartMs(nowMs);
  return (change) => counters.count(startId(startMs), () => emptyIngestWindow(startMs), change);
}

function judge(entry: BodyEntry, tools: IngestTools): Judgement {
  if (entry.issue !== undefined) return { kind: "rejected", issues: [entry.issue] };
  return judgeLog(entry.value, opened(entry.value["receipt"], tools.receiptKeys), {
    nowMs: tools.nowMs,
    receiptMaxAgeMs: tools.policy.receipt_max_age_hours * 3_600_000,
    subjectOf: (userId) => pseudonym(tools.pseudonymKey, "user", userId),
  });
}

function opened(receipt: unknown, keys: ReceiptKeys): OpenedReceipt {
  if (receipt === undefined || receipt === null) return { ok: false, code: "receipt_missing" };
  return typeof receipt === "string" ? openReceipt(receipt, keys) : { ok: false, code: "receipt_forged" };
}

const CONFLICT: Issue = {
  code: "conflict",
  path: "seq",
  message: "another log of this prediction has the same seq; an amendment has a higher one",
};

async function putChunk(
  groups: readonly PlacedGroup[],
  { store, policy }: IngestTools,
  answer: IngestAnswer,
  count: Count,
): Promise<void> {
  const placed = await store.put(groups, {
    maturityMinutes: policy.maturity_minutes,
    retentionDays: policy.retention_days,
  });
  placed.forEach((placements, i) => {
    placements.forEach((placement, j) => {
      count((window) => countPlacement(window, placement, [CONFLICT]));
      tell(answer, placement, groups[i]?.indices[j] ?? -1);
    });
  });
}

function tell(answer: IngestAnswer, placement: Placement, index: number): void {
  switch (placement) {
    case "accepted":
    case "amended":
      answer.accepted++;
      return;
    case "duplicate":
    case "late_amendment":
      answer.duplicates++;
      return;
    case "conflict":
      answer.rejected.push({ index, issues: [CONFLICT] });
  }
}

async function quarantineChunk(
  chunk: readonly Quarantined[],
  { store, policy }: IngestTools,
  answer: IngestAnswer,
  count: Count,
): Promise<void> {
  await store.quarantine(
    chunk.map(({ log }) => log),
    policy.quarantine_days,
  );
  for (const { index, issues } of chunk) {
    answer.quarantined.push({ index, issues });
    count((window) => countRefusal(window, "quarantined", issues));
  }
}
