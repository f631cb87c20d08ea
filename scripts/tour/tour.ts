import { inspect } from "node:util";
import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import { Crowd, mondayBefore } from "../crowd/crowd.ts";
import { signUp } from "../stack/client.ts";
import { TourFailure } from "./check.ts";
import { continuation } from "./continuation.ts";
import { firstAnswers } from "./first-answers.ts";
import { firstTraining } from "./first-training.ts";
import type { Interval } from "./interval.ts";
import { Life } from "./life.ts";
import type { MadeVersion } from "./made-version.ts";
import { Narrator } from "./narrator.ts";
import { ordinaryDays } from "./ordinary-days.ts";
import { ownPolicy } from "./own-policy.ts";
import { proof } from "./proof.ts";
import { recovery } from "./recovery.ts";
import { release } from "./release.ts";
import { Site } from "./site.ts";
import { State } from "./state.ts";

/** Days before now, at least, at which virtual time starts. */
const DAYS_AGO = 60;
/**
 * So many that training, release and proof leave most of two days until the week's schedule, which itself comes before the
 * seven days are over after which volume rightly fires again.
 */
const VISITS_PER_DAY = 1300;

/** Where the stack is, and which visitors come. The emulators' hosts stand in the environment, as `Stack.env` has them. */
export interface TourOptions {
  functionsUrl: string;
  hostingUrl: string;
  seed: number;
  /** Takes the lines that a person reads. */
  say: (line: string) => void;
}

/** What the steps share. */
export interface Tour {
  seed: number;
  startMs: number;
  functionsUrl: string;
  site: Site;
  life: Life;
  state: State;
  narrator: Narrator;
  /** ID token of an admin. */
  idToken: string;
}

/** How the tour went, as `--json` prints it. Engagement is true probabilities, 0-1, over a step's new visitors. */
export interface TourResult {
  ok: boolean;
  seed: number;
  steps: { name: string; ok: boolean; seconds: number }[];
  /** Null if the tour did not come that far. */
  engagement: { rules: Interval; model: Interval; best: Interval } | null;
  /** After tastes have turned, over the same visits; `regained` is child - parent. Null if the tour did not come that far. */
  continuation: { rules: Interval; parent: Interval; child: Interval; best: Interval; regained: Interval } | null;
}

/**
 * Lives through ten days of a site in virtual time, over HTTP, from no model to a trained version and its child in service. A step
 * that does not hold ends the tour with a sentence that says what was expected and what was seen; it never throws for that.
 */
export async function runTour({ functionsUrl, hostingUrl, seed, say }: TourOptions): Promise<TourResult> {
  const startMs = mondayBefore(Date.now(), DAYS_AGO);
  const site = new Site(hostingUrl);
  const crowd = new Crowd({ seed, startMs, visitsPerDay: VISITS_PER_DAY });
  const narrator = new Narrator(say);
  // The Admin SDK's default app has to be the first one.
  const state = new State();
  const { idToken } = await signUp("admin");
  const tour: Tour = {
    seed,
    startMs,
    functionsUrl,
    site,
    life: new Life({ crowd, site, seed }),
    state,
    narrator,
    idToken,
  };
  const result: TourResult = { ok: true, seed, steps: [], engagement: null, continuation: null };
  const step = async (name: string, title: string, act: () => Promise<void>): Promise<void> => {
    if (!result.ok) return;
    const started = performance.now();
    const seconds = () => Math.round((performance.now() - started) / 100) / 10;
    narrator.begin(title);
    try {
      await act();
    } catch (error) {
      result.ok = false;
      narrator.note(error instanceof TourFailure ? error.message : `unexpected: ${inspect(error)}`);
    }
    result.steps.push({ name, ok: result.ok, seconds: seconds() });
    narrator.end({ ok: result.ok, seconds: seconds() });
  };

  const began = performance.now();
  await step("policy", "0 The tour's own policy", () => ownPolicy(tour));
  await step("rules", "1 No model yet: the rules answer", () => firstAnswers(tour));
  await step("visits", "2 A day and a half of visits", () => ordinaryDays(tour));
  const made: { parent?: ModelVersion; child?: MadeVersion } = {};
  await step("training", "3 Enough sessions: a version is trained", async () => {
    made.parent = await firstTraining(tour);
  });
  const { parent } = made;
  if (parent !== undefined) {
    await step("release", "3 The version moves from 5 % to everybody", () => release(tour, parent.version));
    await step("worth", "4 What the version is worth to new visitors", async () => {
      result.engagement = await proof(tour, parent.version);
    });
    await step("continuation", "5 Tastes turn: the weekly schedule goes on from the version", async () => {
      made.child = await continuation(tour, parent);
    });
  }
  const { child } = made;
  if (parent !== undefined && child !== undefined) {
    await step("succession", "5 The child moves from 5 % to everybody", () => release(tour, child.version.version));
    await step("recovery", "5 What the child regains with new visitors", async () => {
      result.continuation = await recovery(tour, { parent, child, before: result.engagement });
    });
  }
  say(
    `${result.ok ? "Every step held" : "The tour did not hold"}, ${((performance.now() - began) / 1000).toFixed(0)} s.`,
  );
  return result;
}
