import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";

/** One request of a page to the functions, and what they said. */
export interface Seen {
  path: "predict" | "logs";
  status: number;
  /** The logs of the body, or the question. */
  sent: Record<string, unknown>[];
  answer: unknown;
}

/** How the functions behave: as they are, out of order, five seconds late, or not reachable. */
export type Mood = "well" | "failing" | "slow" | "unreachable";

const SCRIPT = resolve(import.meta.dirname, "../../client/dist/perennial.js");
const SLOW_MS = 5000;
const FUNCTIONS = { predict: "predict", logs: "ingest" } as const;

const STYLE = `
  body { margin: 0 auto; max-width: 40rem; font-size: var(--font-size-base, 1rem); line-height: var(--line-height-base, 1.6); }
  .densidad-alta p { margin: 4px; } .densidad-baja p { margin: 24px; }
  .fuente-serif { font-family: serif; } .tema-oscuro { background: #111; color: #eee; }`;

const LIBRARY = `<script src="/perennial.js"></script>`;

const page = (title: string, { library = LIBRARY, head = "" } = {}): string => `<!doctype html>
<html lang="en"><head><title>${title}</title><meta name="viewport" content="width=device-width"><style>${STYLE}</style>
${library}${head}</head>
<body><h1>${title}</h1><a id="link" href="#here">a link</a> <button id="button">a button</button> <p id="plain">plain words</p>
${"<p>Some words that make the page long enough to scroll in it.</p>".repeat(60)}<a id="next" href="/next">next</a></body></html>`;

/** A small site of its own port before the emulated functions, which can be made to fail. */
export class TestSite {
  readonly seen: Seen[] = [];
  readonly moods: Record<Seen["path"], Mood> = { predict: "well", logs: "well" };
  /** Requests under way. */
  private open = 0;
  private readonly server = createServer((request, response) => {
    void this.answer(request, response);
  });

  async start(): Promise<void> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Everything well again, and nothing seen. */
  reset(): void {
    this.seen.length = 0;
    this.moods.predict = "well";
    this.moods.logs = "well";
  }

  /** The logs that arrived and were answered, in order. */
  logs(): Record<string, unknown>[] {
    return this.seen.flatMap(({ path, status, sent }) => (path === "logs" && status === 200 ? sent : []));
  }

  get isIdle(): boolean {
    return this.open === 0;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://site").pathname;
    if (path === "/perennial.js") {
      response.setHeader("content-type", "text/javascript").end(readFileSync(SCRIPT));
    } else if (path === "/api/predict" || path === "/api/logs") {
      this.open++;
      await this.pass(path === "/api/predict" ? "predict" : "logs", request, response).finally(() => this.open--);
    } else {
      const speculation = `<script type="speculationrules">{"prerender":[{"source":"list","urls":["/next"]}]}</script>`;
      const head = path === "/prerendering" ? speculation : "";
      const library = path === "/without" ? "" : LIBRARY;
      response.setHeader("content-type", "text/html").end(page(path.slice(1) || "home", { library, head }));
    }
  }

  private async pass(path: Seen["path"], request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const sent = body.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    const mood = this.moods[path];
    if (mood === "unreachable") {
      response.destroy();
      return;
    }
    if (mood === "slow") await new Promise((done) => setTimeout(done, SLOW_MS));
    const url = `${process.env["PERENNIAL_FUNCTIONS_URL"]}/${FUNCTIONS[path]}`;
    const headers = { "content-type": request.headers["content-type"] ?? "" };
    const answer =
      mood === "failing"
        ? Response.json({ error: "out of order" }, { status: 500 })
        : await fetch(url, { method: "POST", headers, body });
    const text = await answer.text();
    this.seen.push({ path, status: answer.status, sent, answer: JSON.parse(text) });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  }
}
