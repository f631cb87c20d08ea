import { lookup } from "node:dns/promises";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Post } from "./notice-in-words.ts";
import { isLoopback, isPublicAddress } from "./public-address.ts";
import { type Webhook, WebhookError } from "./webhook.ts";

/** Milliseconds until an attempt is given up, the look-up of the name included. */
const LIMIT_MS = 10_000;
/** Bytes of an answer that are read at most: only its status counts. */
const MAX_ANSWER_BYTES = 4096;

/**
 * Posts to the webhook: to an address that was looked at before, and no redirect is followed. http goes to this machine only, and
 * only beside the emulators.
 * @param limitMs milliseconds until it is given up
 * @returns the status of the answer
 * @throws {WebhookError} when there is none, or nothing may be sent there; without the address in its message
 */
export async function postWebhook(
  { url, isLocal }: Exclude<Webhook, { kind: "none" }>,
  post: Post,
  limitMs: number = LIMIT_MS,
): Promise<number> {
  const signal = AbortSignal.timeout(limitMs);
  try {
    const addresses = await within(signal, addressesOf(url, isLocal));
    return await send(url, post, { addresses, signal });
  } catch (error) {
    if (error instanceof WebhookError) throw error;
    if (signal.aborted) throw new WebhookError(`no answer within ${limitMs / 1000} s`);
    // What is thrown may hold the address in its message, but not in its code.
    const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
    throw new WebhookError(`it could not be reached (${code})`);
  }
}

interface Address {
  address: string;
  family: number;
}

/** The addresses that a host's name has, if every one of them may be sent to. */
async function addressesOf({ protocol, hostname }: URL, isLocal: boolean): Promise<[Address, ...Address[]]> {
  const host = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(host);
  const found = family === 0 ? await lookup(host, { all: true }) : [{ address: host, family }];
  // Plain http never leaves the machine.
  const mayBeLocal = isLocal && protocol === "http:";
  if (!found.every(({ address }) => (mayBeLocal ? isLoopback(address) : isPublicAddress(address)))) {
    throw new WebhookError("ALERT_WEBHOOK_URL leads to an address that is not on the internet");
  }
  const [first, ...others] = found;
  if (first === undefined) throw new WebhookError("the host of ALERT_WEBHOOK_URL has no address");
  return [first, ...others];
}

function send(
  url: URL,
  { headers, body }: Post,
  { addresses, signal }: { addresses: [Address, ...Address[]]; signal: AbortSignal },
): Promise<number> {
  // Asked for the name again, the connection gets what was looked at: a name may change between two look-ups.
  const pinned: LookupFunction = (_, options, done) => {
    // Of several the first that answers is taken: one may be of a family that this machine has no way to.
    if (options.all === true) done(null, addresses);
    else done(null, addresses[0].address, addresses[0].family);
  };
  const options = {
    method: "POST",
    headers: { ...headers, "Content-Length": Buffer.byteLength(body) },
    lookup: pinned,
    signal,
    agent: false,
  } as const;
  return new Promise((done, fail) => {
    let status: number | undefined;
    const answered = (answer: IncomingMessage): void => {
      status = answer.statusCode ?? 0;
      let bytes = 0;
      answer.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes > MAX_ANSWER_BYTES) answer.destroy();
      });
      answer.on("error", () => undefined);
      answer.on("close", () => done(status ?? 0));
    };
    // Once the status has been told, what becomes of the rest changes nothing: it would only be sent again.
    const ended = (error: Error): void => (status === undefined ? fail(error) : done(status));
    const request: ClientRequest =
      url.protocol === "https:" ? requestHttps(url, options, answered) : requestHttp(url, options, answered);
    request.on("error", ended);
    request.end(body);
  });
}

/** What a promise leads to, unless the signal comes first. */
function within<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((done, fail) => {
    signal.addEventListener("abort", () => fail(new Error("aborted")), { once: true });
    promise.then(done, fail);
  });
}
