import { describe, expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { opened } from "../shared/alert-life.ts";
import type { AlertDelivery } from "../shared/schema.ts";
import { postOf, slackText } from "./notice-in-words.ts";
import { signature, WebhookError, webhookFrom } from "./webhook.ts";

const KEY = "a key that only the receiver has, of 32+";
const T0 = Date.UTC(2026, 10, 26, 5, 3);
const { alerts: policy } = Lifecycle.parse({});
const texts = {
  severity: "high",
  kind: "deployment_roll_back",
  subject: "deployments/d",
  message: "engagement <fell> & everybody is with the old version",
  to_do: "Nothing is urgent.",
  details: {},
} as const;
const delivery = opened("deployment_roll_back.d.7", texts, { cause: "d.7", policy, nowMs: T0 })
  .delivery as AlertDelivery;

describe("a notice", () => {
  it("says to Slack how bad, what, since when and what to do, with nothing that Slack takes for its own", () => {
    expect(slackText(delivery, "https://console.example/a").split("\n")).toEqual([
      ":red_circle: *New alert* (high): engagement &lt;fell&gt; &amp; everybody is with the old version",
      "*Since* 2026-11-26 05:03 UTC, once; deployment_roll_back of deployments/d",
      "*To do:* Nothing is urgent.",
      "*Alert:* <https://console.example/a|deployment_roll_back.d.7>",
    ]);
  });

  it("is signed with its time, and carries its delivery's id", () => {
    const webhook = webhookFrom({ url: "https://ops.example/alerts", secret: KEY, isLocal: false });
    if (webhook.kind === "none") throw new Error("there should be a webhook");
    const { headers, body } = postOf(delivery, webhook, { link: undefined, nowMs: T0 });
    expect(headers).toMatchObject({
      "X-Perennial-Delivery": "deployment_roll_back.d.7.1",
      "X-Perennial-Timestamp": String(T0 / 1000),
      "X-Perennial-Signature": signature(KEY, T0 / 1000, body),
    });
    expect(JSON.parse(body)).toMatchObject({
      id: "deployment_roll_back.d.7",
      notice: "new",
      severity: "high",
      count: 1,
    });
  });

  it("is signed as openssl signs it", () => {
    // printf '%s' '1700000000.{"id":"a"}' | openssl dgst -sha256 -hmac 'a key that only the receiver has, of 32+'
    expect(signature(KEY, 1_700_000_000, '{"id":"a"}')).toBe(
      "v1=f97cbe6d833ed31bf2676e36cfb11aefde3cd2ef16c2064ac75fa595243f2afa",
    );
  });
});

describe("a webhook", () => {
  it.each<[string, string, string, string]>([
    ["none", "none", "none", "none"],
    ["an empty secret", " ", "none", "none"],
    ["Slack, without a key", "https://hooks.slack.com/services/T/B/x", "none", "slack"],
    ["a host that only looks like Slack's", "https://hooks.slack.com.example/x", KEY, "json"],
    ["one's own, with a newline at its end", "https://ops.example/alerts\n", KEY, "json"],
  ])("is read from the secrets: %s", (_, url, secret, kind) => {
    expect(webhookFrom({ url, secret, isLocal: false }).kind).toBe(kind);
  });

  it.each<[string, string, string]>([
    ["http://ops.example/token", KEY, "ALERT_WEBHOOK_URL must begin with https://"],
    ["ftp://ops.example/token", KEY, "ALERT_WEBHOOK_URL must begin with https://"],
    ["token", KEY, "ALERT_WEBHOOK_URL is no address"],
    ["https://me:token@ops.example/", KEY, "ALERT_WEBHOOK_URL must hold no user name"],
    ["https://ops.example/token", "none", "ALERT_WEBHOOK_SECRET needs 32 characters at least"],
  ])("that is wrong says why, and nothing of itself: %s", (url, secret, message) => {
    expect(() => webhookFrom({ url, secret, isLocal: false })).toThrow(new WebhookError(message));
  });
});
