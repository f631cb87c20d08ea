import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServingStore } from "../functions/src/serve/serving-store.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { SETTINGS, type ServedFunction, serveFunction } from "../scripts/bench/framework.ts";
import { type CountingProxy, countingProxy } from "./counting-proxy.ts";
import { CONTEXT, postPredict } from "./predict-client.ts";
import { publishConstantVersion, putRouting } from "./routing.ts";

/** Bytes that an idle connection may exchange: pings and their answers, nothing that could hold a document. */
const IDLE_BYTES = 1000;
const MINUTE_MS = 60_000;

describe("predict, between it and Firestore a proxy that counts", () => {
  let proxy: CountingProxy;
  let served: ServedFunction;
  let version: string;

  beforeAll(async () => {
    version = await publishConstantVersion();
    await putRouting({ stable: version, holdback_share: 0, exploration_share: 0 });
    proxy = await countingProxy(process.env["FIRESTORE_EMULATOR_HOST"] ?? "");
    const env = { ...SETTINGS, ROUTING_FRESH_SECONDS: "600", FIRESTORE_EMULATOR_HOST: proxy.host };
    served = await serveFunction({ source: "functions/lib/index.js", target: "predict", env });
  });
  afterAll(async () => {
    await putRouting();
  });

  const visit = async (visitor_id: string) => {
    const { status, body } = await postPredict({ user_context: CONTEXT, visitor_id }, served.url);
    expect([status, body.model_version]).toEqual([200, version]);
  };

  it("reads once, and then nothing for 300 other visitors", async () => {
    await visit("the first");
    expect(proxy.bytes()).toBeGreaterThan(IDLE_BYTES);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = proxy.bytes();
    for (let i = 0; i < 300; i++) await visit(`visitor-${i}`);
    expect(proxy.bytes() - before).toBeLessThan(IDLE_BYTES);
  });

  it("writes its figures, all of them, when it is told to end", async () => {
    await served.stop();
    const answered = async (fromMs: number, toMs: number) =>
      (await new ServingStore(database()).range({ fromMs, toMs }))
        .filter((window) => window.assigned_version === version)
        .reduce((sum, { predictions }) => sum + predictions, 0);
    const [begun, ended] = [Date.now() - 10 * MINUTE_MS, Date.now() + MINUTE_MS];
    expect(await answered(begun, ended)).toBe(301);
    expect(await answered(ended, ended + 60 * MINUTE_MS)).toBe(0);
  });

  it("answers by the rules, with no error, while Firestore is out of reach", async () => {
    await proxy.close();
    const env = { ...SETTINGS, FIRESTORE_EMULATOR_HOST: proxy.host };
    served = await serveFunction({ source: "functions/lib/index.js", target: "predict", env });
    const { status, body } = await postPredict({ user_context: CONTEXT }, served.url);
    expect([status, body.model_version, body.arm]).toEqual([200, "rules", "stable"]);
    expect(body.processing_time_ms).toBeLessThan(3000);
    await served.stop("SIGKILL");
  });

  it("refuses to serve with event times that visitors choose, outside the emulator", async () => {
    const env = { ...SETTINGS, VIRTUAL_TIME: "true", FIRESTORE_EMULATOR_HOST: proxy.host };
    served = await serveFunction({ source: "functions/lib/index.js", target: "predict", env });
    const { status } = await postPredict({ user_context: CONTEXT }, served.url);
    expect(status).toBe(500);
    await served.stop("SIGKILL");
  });
});
