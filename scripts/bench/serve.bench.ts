// What an answer costs: through the functions framework beside a function that does nothing, and in process beside the
// module that trained the models.
import { extractFeatures } from "../../functions/src/design/features.ts";
import { FEATURE_NAMES } from "../../functions/src/design/schema.ts";
import { openBundle } from "../../functions/src/model/bundle.ts";
import { VersionStore } from "../../functions/src/registry/store.ts";
import { checksums, versionId } from "../../functions/src/registry/version-id.ts";
import type { Prediction } from "../../functions/src/serve/schema.ts";
import { bucket, database } from "../../functions/src/shared/firestore.ts";
import { ModuleInstance } from "../../functions/src/train/module-instance.ts";
import { putRouting } from "../../test/routing.ts";
import { somePublication } from "../../test/some-version.ts";
import type { Figure } from "../bench.ts";
import { Crowd, type Visit } from "../crowd/crowd.ts";
import { startStack } from "../stack/emulators.ts";
import { empty } from "./empty-function.ts";
import { SETTINGS, serveFunction } from "./framework.ts";
import { atRate, quantile, throughput } from "./load.ts";
import { type TrainedVersion, trainVersion } from "./trained-version.ts";

const VISITS = 3000;
const RATE = { perSecond: 200, seconds: 20 };
const SECONDS = 8;
/** Milliseconds of own processing that 99 % of answers must stay under at 200 requests a second. */
const P99_LIMIT_MS = 5;

const say = (line: string) => console.error(line);

/** Measures `predict`. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  const visits = someVisits();
  const rows = visits.map(({ context, history }) => extractFeatures(context, history));
  const trained = await trainVersion(rows, say);
  await inProcess(trained, visits, emit);
  const stack = await startStack({ ports: "free", say });
  Object.assign(process.env, stack.env, { DATABASE_ID: SETTINGS.DATABASE_ID });
  try {
    await publish(trained);
    await throughFramework(stack.env, visits, emit);
  } finally {
    await stack.stop();
  }
}

function someVisits(): Visit[] {
  const crowd = new Crowd({ seed: 1, startMs: Date.parse("2026-09-28T00:00:00Z"), visitsPerDay: VISITS / 2 });
  const visits: Visit[] = [];
  while (visits.length < VISITS) visits.push(...crowd.nextHour());
  return visits;
}

/** Features and the answers of all models, ours and the module's, one visit after the other. */
async function inProcess({ bundle, files }: TrainedVersion, visits: readonly Visit[], emit: (figure: Figure) => void) {
  const model = openBundle(bundle, files);
  const ours = microseconds(visits, ({ context, history }) => model.predict(extractFeatures(context, history)));
  const instance = await ModuleInstance.open();
  const boosters = [...files].filter(([name]) => name.endsWith(".xgb")).map(([, bytes]) => instance.load(bytes));
  const theirs = microseconds(visits, ({ context, history }) => {
    const row = Float32Array.from(extractFeatures(context, history));
    for (const booster of boosters) instance.predict(booster, row, FEATURE_NAMES.length);
  });
  emit({
    bench: "serve",
    metric: "features and score of one visit, 11 models with 1700 trees of depth 6",
    value: ours,
    unit: "us",
    against: { name: "the same features, scored by ml-xgboost, one call a model", value: theirs },
    ratio: ours / theirs,
  });
}

/** Mean over the visits once the code is warm; the median of five rounds. */
function microseconds(visits: readonly Visit[], answer: (visit: Visit) => unknown): number {
  const round = () => {
    const startMs = performance.now();
    for (const visit of visits) answer(visit);
    return ((performance.now() - startMs) * 1000) / visits.length;
  };
  round();
  return quantile([round(), round(), round(), round(), round()], 0.5);
}

async function publish({ files }: TrainedVersion): Promise<void> {
  const all = new Map([...files, ["reference.json", new TextEncoder().encode("{}")]]);
  const version = versionId({ createdMs: Date.now(), artefacts: checksums(all) });
  await new VersionStore(database(), bucket()).publish(somePublication(version), all);
  await putRouting({ stable: version });
}

async function throughFramework(
  stackEnv: Record<string, string>,
  visits: readonly Visit[],
  emit: (figure: Figure) => void,
): Promise<void> {
  const bodies = visits.map(({ context, history, visitor }) =>
    JSON.stringify({ user_context: context, visitor_id: visitor.id, ...(history === undefined ? {} : { history }) }),
  );
  const predict = await serveFunction({
    source: "functions/lib/index.js",
    target: "predict",
    env: { ...stackEnv, ...SETTINGS },
  });
  const nothing = await serveFunction({ source: "scripts/bench/empty-function.ts", target: empty.name, env: {} });
  try {
    for (const { url } of [predict, nothing]) await throughput(url, bodies, 3);
    await paced(predict.url, nothing.url, bodies, emit);
    // In turns, so that whatever else the machine does falls on both.
    const rates: [number[], number[]] = [[], []];
    for (let turn = 0; turn < 3; turn++) {
      rates[0].push(await throughput(predict.url, bodies, SECONDS));
      rates[1].push(await throughput(nothing.url, bodies, SECONDS));
    }
    const [value, none] = rates.map((all) => quantile(all, 0.5)) as [number, number];
    emit({
      bench: "serve",
      metric: "predict through the functions framework, one process",
      value,
      unit: "requests/s",
      against: { name: "an empty function", value: none },
      ratio: value / none,
    });
  } finally {
    await Promise.all([predict.stop(), nothing.stop()]);
  }
}

async function paced(
  predictUrl: string,
  emptyUrl: string,
  bodies: readonly string[],
  emit: (figure: Figure) => void,
): Promise<void> {
  const answers = await atRate<Prediction>(predictUrl, bodies, RATE);
  const byRules = answers.filter(({ body }) => body.model_version === "rules" && body.arm !== "holdback").length;
  if (byRules > 0) throw new Error(`${byRules} of ${answers.length} visits were answered by the rules`);
  const own = answers.map(({ body }) => body.processing_time_ms);
  const none = await atRate<unknown>(emptyUrl, bodies, { ...RATE, seconds: 5 });
  for (const share of [0.5, 0.99]) {
    const name = `p${share * 100}`;
    const limit = share === 0.99 ? { name: "the limit", value: P99_LIMIT_MS } : null;
    const value = quantile(own, share);
    const metric = `predict at ${RATE.perSecond} requests/s, own processing, ${name}`;
    emit({ bench: "serve", metric, value, unit: "ms", against: limit, ratio: limit && value / limit.value });
    const waited = quantile(
      answers.map(({ ms }) => ms),
      share,
    );
    const idle = quantile(
      none.map(({ ms }) => ms),
      share,
    );
    emit({
      bench: "serve",
      metric: `predict at ${RATE.perSecond} requests/s, as its client waits, ${name}`,
      value: waited,
      unit: "ms",
      against: { name: "an empty function", value: idle },
      ratio: waited / idle,
    });
  }
}
