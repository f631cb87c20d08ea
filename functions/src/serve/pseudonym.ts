import { createHmac } from "node:crypto";

/** Characters of a pseudonym: 132 bits, so that two visitors never share one. */
const LENGTH = 22;

/**
 * Pseudonym of a visitor (`unit`) or of a site's own user id (`user`): HMAC-SHA-256, cut to 22 characters of base64url. Who
 * does not have the key can neither find the id nor test a guess. The kinds are kept apart: a visitor id that happens to
 * equal a user id gets another pseudonym.
 */
export function pseudonym(key: string, kind: "unit" | "user", value: string): string {
  return createHmac("sha256", key).update(`${kind}:${value}`).digest("base64url").slice(0, LENGTH);
}
