import type { ClassGroup } from "../design/schema.ts";
import type { Estimate } from "../registry/schema.ts";
import { addCluster, clusteredRatio, noRatioSums } from "../stats/clustered-ratio.ts";
import { tQuantile } from "../stats/distributions.ts";
import type { Answers } from "./answers.ts";
import { labelledRows } from "./examples.ts";
import { segmenter, segmentNames } from "./segments.ts";
import type { Workspace } from "./workspace.ts";

/** Sessions below which the interval of a segment's difference would promise too much. */
const MIN_SESSIONS = 30;

/** How often two versions are right in a segment, for one class group. */
export interface SegmentComparison {
  /** In words: `device mobile`. */
  segment: string;
  group: ClassGroup;
  rows: number;
  sessions: number;
  /** Accuracies. */
  a: number;
  b: number;
  /** a minus b; null with fewer than 30 sessions. Intervals are each segment's own, 95 %: of twenty, one is wrong by chance. */
  difference: Estimate | null;
}

/** Compares accuracies in every segment of the hold-out, by group and then by name. Sessions are independent, rows are not. */
export function compareSegments(
  { examples, split }: Pick<Workspace, "examples" | "split">,
  { a, b }: { a: Answers; b: Answers },
  groups: readonly ClassGroup[],
): SegmentComparison[] {
  const segmentsOf = segmenter(examples);
  return groups.flatMap((group) => {
    const bySegment = new Map<string, number[]>();
    for (const row of labelledRows(examples, split.holdout, group)) {
      for (const name of segmentNames(segmentsOf(row))) {
        const rows = bySegment.get(name);
        if (rows === undefined) bySegment.set(name, [row]);
        else rows.push(row);
      }
    }
    const right = (of: Answers, row: number): number => Number(of.classes[group][row] === examples.labels[group][row]);
    return [...bySegment]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([segment, rows]): SegmentComparison => {
        const bySession = new Map<number, { w: number; a: number; b: number }>();
        for (const row of rows) {
          const session = examples.session[row] as number;
          const sums = bySession.get(session) ?? { w: 0, a: 0, b: 0 };
          const weight = examples.weights[row] as number;
          sums.w += weight;
          sums.a += weight * right(a, row);
          sums.b += weight * right(b, row);
          bySession.set(session, sums);
        }
        return { segment, group, rows: rows.length, ...figuresOf([...bySession.values()]) };
      });
  });
}

function figuresOf(sessions: readonly { w: number; a: number; b: number }[]) {
  const difference = noRatioSums();
  let [inA, inB] = [0, 0];
  for (const { w, a, b } of sessions) {
    addCluster(difference, { y: a - b, w });
    inA += a;
    inB += b;
  }
  return {
    sessions: sessions.length,
    a: inA / difference.w,
    b: inB / difference.w,
    difference: sessions.length < MIN_SESSIONS ? null : interval(difference),
  };
}

function interval(sums: Parameters<typeof clusteredRatio>[0]): Estimate {
  const { estimate: value, standardError, degreesOfFreedom } = clusteredRatio(sums);
  const half = tQuantile(0.975, degreesOfFreedom) * standardError;
  return { value, low: value - half, high: value + half };
}
