import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { Crowd } from "../crowd/crowd.ts";
import { TourFailure } from "./check.ts";
import { inWords, Life } from "./life.ts";
import { inParallel, Site } from "./site.ts";

let server: Server | undefined;
afterEach(() => server?.close());

/** A site whose predict always answers the same, and whose ingest answers as told. */
async function lifeWith(ingest: (lines: string[]) => object): Promise<Life> {
  server = createServer(async (request, response) => {
    const body = await text(request);
    const answer = request.url === "/api/predict" ? PREDICTION : ingest(linesOf(body));
    response.end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => server?.once("listening", listening));
  const site = new Site(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return new Life({ crowd: new Crowd({ seed: 1, startMs: Date.UTC(2026, 8, 28), visitsPerDay: 1000 }), site, seed: 1 });
}

const linesOf = (body: string): string[] =>
  body.startsWith("[") ? (JSON.parse(body) as object[]).map((log) => JSON.stringify(log)) : body.split("\n");

const PREDICTION = {
  prediction_id: "p",
  receipt: "payload.k1.macmacmacmac",
  model_version: "rules",
  arm: "stable",
  css_classes: ["densidad-media", "fuente-sans", "tema-claro"],
  css_variables: {},
  prediction_confidence: { density: 1, font: 1, theme: 1 },
  propensity: 1,
  processing_time_ms: 1,
};

/** Judges as ingest has to, but for doubled logs: every log here has the same prediction, so it tells them by their bytes. */
function honest(lines: string[]): object {
  const issues = (code: string) => ({ index: 0, issues: [{ code, path: "", message: "" }] });
  const answer = { accepted: 0, duplicates: 0, quarantined: [] as object[], rejected: [] as object[] };
  const seen = new Set<string>();
  for (const line of lines) {
    if (!line.endsWith("}")) answer.rejected.push(issues("unparsable"));
    else if (line.includes('"granted":false')) answer.rejected.push(issues("no_consent"));
    else if (line.includes("AAAAAA")) answer.rejected.push(issues("receipt_forged"));
    else if (line.includes('"scroll_depth":7')) answer.quarantined.push(issues("out_of_range"));
    else if (seen.has(line)) answer.duplicates++;
    else answer.accepted++;
    seen.add(line);
  }
  return answer;
}

describe("life", () => {
  it("goes on while ingest counts every log as what it is, and tells each log once", async () => {
    const life = await lifeWith(honest);
    let visits = 0;
    for (let hour = 0; hour < 24; hour++) visits += (await life.hour()).length;
    await life.sendLate();
    const { accepted, quarantined, rejected, duplicates } = life.told;
    expect(accepted + quarantined + rejected).toBe(visits);
    expect(duplicates).toBe(life.mischief.get("doubled"));
    expect(quarantined).toBe(life.mischief.get("broken"));
    expect(life.mischief.get("late")).toBeGreaterThan(0);
  });

  it("ends with a sentence when a doubled log is counted twice", async () => {
    const life = await lifeWith((lines) => {
      const { duplicates, accepted, ...rest } = honest(lines) as { duplicates: number; accepted: number };
      return { ...rest, duplicates: 0, accepted: accepted + duplicates };
    });
    const days = async () => {
      for (let hour = 0; hour < 48; hour++) await life.hour();
    };
    await expect(days()).rejects.toThrow(TourFailure);
  });

  it("puts a tally in words", () => {
    const tally = { accepted: 4, duplicates: 1, quarantined: 1, rejected: 0, codes: { out_of_range: 1 } };
    expect(inWords(tally)).toBe("4 accepted, 1 duplicates, 1 quarantined, 0 rejected (out_of_range 1)");
  });
});

describe("work in parallel", () => {
  it("keeps the order, does each once, and never more at a time than asked for", async () => {
    let under = 0;
    let most = 0;
    const doubled = await inParallel([5, 1, 4, 2, 3], 2, async (value) => {
      most = Math.max(most, ++under);
      await new Promise((later) => setTimeout(later, value));
      under--;
      return value * 2;
    });
    expect(doubled).toEqual([10, 2, 8, 4, 6]);
    expect(most).toBe(2);
  });
});
