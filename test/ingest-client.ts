import type { IngestAnswer } from "../functions/src/collect/ingest-logs.ts";

/** What ingest said. */
export interface Answered {
  status: number;
  headers: Headers;
  body: IngestAnswer & { error?: { status: number; message: string; issues: { path: string; message: string }[] } };
}

/** Posts a body to ingest as it is. */
export async function postBody(body: string | Uint8Array<ArrayBuffer>, contentType: string): Promise<Answered> {
  const url = `${process.env["PERENNIAL_FUNCTIONS_URL"]}/ingest`;
  const response = await fetch(url, { method: "POST", headers: { "content-type": contentType }, body });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  const parsed = (isJson ? JSON.parse(text) : { error: { message: text } }) as Answered["body"];
  return { status: response.status, headers: response.headers, body: parsed };
}

/** Posts logs as an array and expects 200. */
export async function postLogs(logs: readonly unknown[]): Promise<IngestAnswer> {
  const { status, body } = await postBody(JSON.stringify(logs), "application/json");
  if (status !== 200) throw new Error(`ingest answered ${status}: ${JSON.stringify(body)}`);
  return body;
}
