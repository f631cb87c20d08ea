import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { IngestAnswer } from "../../functions/src/collect/ingest-logs.ts";
import type { Prediction } from "../../functions/src/serve/schema.ts";
import type { Visit } from "../crowd/crowd.ts";
import { TourFailure } from "./check.ts";

/** The website's side of the HTTP contract: what a page asks and tells. */
export class Site {
  private readonly hostingUrl: string;

  constructor(hostingUrl: string) {
    this.hostingUrl = hostingUrl;
  }

  /** Asks for the design of a visit. */
  async predict({
    context,
    visitor,
    history,
    preferences,
  }: Pick<Visit, "context" | "visitor" | "history" | "preferences">): Promise<Prediction> {
    const request = { user_context: context, visitor_id: visitor.id, history, preferences };
    return (await this.post("/api/predict", JSON.stringify(request), "application/json")) as Prediction;
  }

  /** Sends lines of NDJSON; where `asArray`, as one JSON array, which takes no broken line. */
  async sendLogs(lines: readonly string[], { asArray }: { asArray: boolean }): Promise<IngestAnswer> {
    const answer = asArray
      ? await this.post("/api/logs", `[${lines.join(",")}]`, "application/json")
      : await this.post("/api/logs", lines.join("\n"), "application/x-ndjson");
    return answer as IngestAnswer;
  }

  private async post(path: string, body: string, type: string): Promise<unknown> {
    const { status, text } = await send(new URL(path, this.hostingUrl), body, type);
    if (status !== 200) {
      throw new TourFailure(`POST ${path} should answer 200, but answered ${status}: ${text.slice(0, 300)}`);
    }
    return JSON.parse(text) as unknown;
  }
}

/**
 * A POST on a connection of its own: a kept one may be closed by the emulator at the very moment of its next use, and logs
 * that are sent again would rightly be counted as duplicates.
 */
async function send(url: URL, body: string, type: string): Promise<{ status: number; text: string }> {
  const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
  const asked = request(url, { method: "POST", headers, agent: false });
  asked.end(body);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, text: await text(answer) };
}

/** Does something with each item, at most `width` at a time; results stand in the order of the items. */
export async function inParallel<T, R>(items: readonly T[], width: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [i, item] of queue) results[i] = await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  return results;
}
