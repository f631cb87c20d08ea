import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { postWebhook } from "./post-webhook.ts";
import { type Webhook, WebhookError } from "./webhook.ts";

const POST = { headers: { "X-Perennial-Delivery": "k.1.1" }, body: '{"message":"grün"}' };

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  if (server?.listening) await once(server, "close");
  server = undefined;
});

/** A receiver on this machine that does what it is told with a request. */
async function receiver(answer: RequestListener): Promise<Exclude<Webhook, { kind: "none" }>> {
  server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return webhook(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token`);
}

function webhook(url: string, isLocal = true): Exclude<Webhook, { kind: "none" }> {
  return { kind: "json", url: new URL(url), key: "not used here", isLocal };
}

describe("a post to a webhook", () => {
  it("brings body and headers, and gives the status of the answer", async () => {
    let got: { method: unknown; length: unknown; delivery: unknown; body: string } | undefined;
    const to = await receiver(async (request, response) => {
      let body = "";
      for await (const part of request.setEncoding("utf8")) body += part;
      const { "content-length": length, "x-perennial-delivery": delivery } = request.headers;
      got = { method: request.method, length, delivery, body };
      response.writeHead(202).end("thank you");
    });
    expect(await postWebhook(to, POST)).toBe(202);
    expect(got).toEqual({ method: "POST", length: "19", delivery: "k.1.1", body: POST.body });
  });

  it.each([301, 302, 307, 308])("does not follow a redirect (%i)", async (status) => {
    const paths: unknown[] = [];
    const to = await receiver((request, response) => {
      paths.push(request.url);
      response.writeHead(status, { Location: "/elsewhere" }).end();
    });
    expect(await postWebhook(to, POST)).toBe(status);
    expect(paths).toEqual(["/token"]);
  });

  it("does not read an answer that has no end", async () => {
    const to = await receiver((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (response.writable && response.write("x".repeat(1000)));
        response.once("drain", more);
      };
      more();
    });
    expect(await postWebhook(to, POST)).toBe(200);
  });

  it("is given up in time when nothing is answered", async () => {
    const to = await receiver(() => undefined);
    await expect(postWebhook(to, POST, 200)).rejects.toThrow(new WebhookError("no answer within 0.2 s"));
  });

  it("has the status that was told, though the rest of the answer does not come", async () => {
    const to = await receiver((_, response) => void response.writeHead(200).write("x"));
    expect(await postWebhook(to, POST, 200)).toBe(200);
  });

  it.each<[string, string, boolean]>([
    ["loopback in a project", "https://127.0.0.1/token", false],
    ["loopback by https beside the emulators", "https://127.0.0.1/token", true],
    ["IPv6 loopback", "https://[::1]/token", false],
    ["a name of this machine", "https://localhost/token", false],
    ["a mapped address", "https://[::ffff:10.0.0.1]/token", false],
    ["a private address as one number", "https://167772161/token", false],
    ["the metadata server", "https://169.254.169.254/token", false],
    ["plain http to the internet, beside the emulators", "http://1.1.1.1/token", true],
  ])("is not made to %s", async (_, url, isLocal) => {
    const message = "ALERT_WEBHOOK_URL leads to an address that is not on the internet";
    await expect(postWebhook(webhook(url, isLocal), POST)).rejects.toThrow(new WebhookError(message));
  });

  it("that reaches nobody says why, without the address", async () => {
    const to = await receiver(() => undefined);
    server?.close();
    await expect(postWebhook(to, POST)).rejects.toThrow(new WebhookError("it could not be reached (ECONNREFUSED)"));
  });
});
