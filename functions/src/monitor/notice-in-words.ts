import type { AlertDelivery, Notice, Severity } from "../shared/schema.ts";
import { signature, type Webhook } from "./webhook.ts";

/** What is posted: the headers and the body. */
export interface Post {
  headers: Record<string, string>;
  body: string;
}

const SIGNS: Record<Severity, string> = {
  high: ":red_circle:",
  medium: ":large_orange_circle:",
  low: ":white_circle:",
};

const HEADS: Record<Notice, string> = {
  new: "New alert",
  repeated: "Still going on",
  escalated: "It got worse",
  reminder: "Nobody has looked yet",
  resolved: "Resolved",
};

/**
 * A notice in the form of its webhook. Both forms carry the delivery's id, by which a receiver knows one that it has had already.
 * @param link to the alert for people; left out where there is none
 * @param nowMs server time of this attempt
 */
export function postOf(
  delivery: AlertDelivery,
  webhook: Exclude<Webhook, { kind: "none" }>,
  { link, nowMs }: { link: string | undefined; nowMs: number },
): Post {
  const headers = { "Content-Type": "application/json; charset=utf-8", "X-Perennial-Delivery": delivery.id };
  if (webhook.kind === "slack") return { headers, body: JSON.stringify({ text: slackText(delivery, link) }) };
  const { kind, subject, severity, status, at: since, message, to_do, count } = delivery.tells;
  const { alert: id, id: delivery_id, notice, created_at: at } = delivery;
  const tells = {
    id,
    delivery: delivery_id,
    notice,
    kind,
    subject,
    severity,
    status,
    at,
    since,
    message,
    to_do,
    count,
  };
  const body = JSON.stringify({ ...tells, ...(link !== undefined && { link }) });
  const timestamp = Math.floor(nowMs / 1000);
  return {
    headers: {
      ...headers,
      "X-Perennial-Timestamp": String(timestamp),
      "X-Perennial-Signature": signature(webhook.key, timestamp, body),
    },
    body,
  };
}

/** The notice for a tired person: how bad, what, since when, and what to do, a line each. */
export function slackText({ notice, tells, alert }: AlertDelivery, link?: string): string {
  const { severity, message, at, count, to_do, kind, subject, status } = tells;
  const sign = status === "resolved" ? ":white_check_mark:" : SIGNS[severity];
  const times = count === 1 ? "once" : `${count} times`;
  return [
    `${sign} *${HEADS[notice]}* (${severity}): ${escaped(message)}`,
    `*Since* ${at.slice(0, 10)} ${at.slice(11, 16)} UTC, ${times}; ${escaped(kind)}${subject === "" ? "" : ` of ${escaped(subject)}`}`,
    `*To do:* ${escaped(to_do === "" ? "Look at the alert's details." : to_do)}`,
    `*Alert:* ${link === undefined ? escaped(alert) : `<${link}|${escaped(alert)}>`}`,
  ].join("\n");
}

/** Slack's three control characters, https://docs.slack.dev/messaging/formatting-message-text. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
