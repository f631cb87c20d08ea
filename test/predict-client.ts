import type { UserContext } from "../functions/src/design/schema.ts";
import { openReceipt } from "../functions/src/serve/receipt.ts";
import type { Prediction, PredictRequest, Receipt } from "../functions/src/serve/schema.ts";
import { demoKeys } from "./signed-log.ts";

/** A desktop visit at noon that asks for nothing special. */
export const CONTEXT: UserContext = {
  hora_local: "2026-09-28T12:00:00+02:00",
  prefers_color_scheme: "no-preference",
  viewport_width: 1280,
  viewport_height: 800,
  touch_enabled: false,
  device_pixel_ratio: 1,
  user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
  session_id: "session",
  page_path: "/",
};

/** What predict said. */
export interface Answered {
  status: number;
  headers: Headers;
  body: Prediction & { error?: { status: number; message: string; issues: { path: string; message: string }[] } };
}

/** Sends a request to predict as it is. */
export async function sendPredict(init: RequestInit, url = predictUrl()): Promise<Answered> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  const body = (isJson ? JSON.parse(text) : { error: { message: text } }) as Answered["body"];
  return { status: response.status, headers: response.headers, body };
}

/** Posts JSON to predict. */
export async function postPredict(body: unknown, url = predictUrl()): Promise<Answered> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return await sendPredict({ method: "POST", headers: { "content-type": "application/json" }, body: text }, url);
}

/**
 * The answer to a visit, once predict has seen this routing revision: an instance may have older routing in memory for as
 * long as ROUTING_FRESH_SECONDS allows.
 */
export async function predictAt(
  revision: number,
  request: Partial<PredictRequest> = {},
): Promise<{ prediction: Prediction; receipt: Receipt }> {
  const giveUpMs = Date.now() + 30_000;
  for (;;) {
    const { status, body } = await postPredict({ user_context: CONTEXT, ...request });
    if (status !== 200) throw new Error(`predict answered ${status}: ${JSON.stringify(body)}`);
    const opened = openReceipt(body.receipt, demoKeys());
    if (!opened.ok) throw new Error(`predict gave a bad receipt: ${opened.code}`);
    if (opened.receipt.routing_revision >= revision) return { prediction: body, receipt: opened.receipt };
    if (Date.now() > giveUpMs) throw new Error(`predict still answers by revision ${opened.receipt.routing_revision}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function predictUrl(): string {
  return `${process.env["PERENNIAL_FUNCTIONS_URL"]}/predict`;
}
