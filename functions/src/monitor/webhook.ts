import { createHmac } from "node:crypto";

/** Where alerts are sent, from the secrets of the deployment. */
export type Webhook =
  | { kind: "none" }
  /** `isLocal`: beside the emulators, where http to this machine is allowed. */
  | { kind: "slack"; url: URL; isLocal: boolean }
  | { kind: "json"; url: URL; key: string; isLocal: boolean };

/** The secrets as they are set. */
export interface WebhookSettings {
  url: string;
  secret: string;
  /** True beside the emulators only. */
  isLocal: boolean;
}

/** A webhook that is not set as it must be, or an address that nothing is sent to; the message never holds the address. */
export class WebhookError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WebhookError";
  }
}

/** Characters of a key under which it can be guessed. */
const MIN_KEY = 32;
const NONE = "none";
/** The host whose form is Slack's. */
const SLACK = "hooks.slack.com";

/**
 * The webhook that the secrets name.
 * @throws {WebhookError} what is wrong with which of them
 */
export function webhookFrom({ url: text, secret, isLocal }: WebhookSettings): Webhook {
  if (text.trim() === NONE || text.trim() === "") return { kind: "none" };
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined) throw new WebhookError("ALERT_WEBHOOK_URL is no address");
  if (url.protocol !== "https:" && !(isLocal && url.protocol === "http:")) {
    throw new WebhookError("ALERT_WEBHOOK_URL must begin with https://");
  }
  if (url.username !== "" || url.password !== "") throw new WebhookError("ALERT_WEBHOOK_URL must hold no user name");
  if (url.hostname === SLACK) return { kind: "slack", url, isLocal };
  const key = secret.trim();
  if (key.length < MIN_KEY) throw new WebhookError(`ALERT_WEBHOOK_SECRET needs ${MIN_KEY} characters at least`);
  return { kind: "json", url, key, isLocal };
}

/**
 * `v1=` and the hex of HMAC-SHA-256 over `{timestamp}.{body}`: whoever has the key can tell that it is ours, and how old it is.
 * @param timestamp seconds since the epoch
 */
export function signature(key: string, timestamp: number, body: string): string {
  return `v1=${createHmac("sha256", key).update(`${timestamp}.${body}`).digest("hex")}`;
}
