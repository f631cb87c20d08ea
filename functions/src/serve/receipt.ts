import { createHmac, timingSafeEqual } from "node:crypto";
import { Receipt } from "./schema.ts";

/** Keys of receipts: the first signs, all of them verify. */
export interface ReceiptKeys {
  signing: ReceiptKey;
  verifying: ReadonlyMap<string, ReceiptKey>;
}

/** One key and the id under which receipts name it. */
interface ReceiptKey {
  kid: string;
  key: string;
}

/** What a receipt turned out to be. Its age is the reader's to judge. */
export type OpenedReceipt = { ok: true; receipt: Receipt } | { ok: false; code: "receipt_missing" | "receipt_forged" };

/** First member of every payload: how the rest is laid out. */
const LAYOUT = 1;
/** Live keys at most: the one that signs, and the one before it until its last receipt is too old. */
const MAX_KEYS = 2;

/**
 * Reads the secret RECEIPT_KEYS, `kid:key` or `kid:key,kid:key`. A key is used as the text it is.
 * @throws {Error} that says what is wrong, never what the secret holds
 */
export function parseKeys(secretText: string): ReceiptKeys {
  const keys = secretText.trim().split(",").map(parseKey);
  const [signing] = keys;
  const verifying = new Map(keys.map((key) => [key.kid, key]));
  if (signing === undefined || keys.length > MAX_KEYS)
    throw new Error(`RECEIPT_KEYS must hold one or ${MAX_KEYS} keys`);
  if (verifying.size !== keys.length) throw new Error("RECEIPT_KEYS has two keys of the same id");
  return { signing, verifying };
}

function parseKey(text: string, index: number): ReceiptKey {
  const [, kid, key] = /^\s*([A-Za-z0-9_-]{1,16}):(\S{32,256})\s*$/.exec(text) ?? [];
  if (kid === undefined || key === undefined) {
    throw new Error(
      `key ${index + 1} of RECEIPT_KEYS is not kid:key (kid: 1-16 of A-Z a-z 0-9 _ -; key: 32-256 characters)`,
    );
  }
  return { kid, key };
}

/** A receipt as a client carries it: `payload.kid.mac`, the payload a base64url JSON array, the MAC HMAC-SHA-256 over both. */
export function signReceipt(receipt: Receipt, keys: ReceiptKeys): string {
  const payload = Buffer.from(JSON.stringify(toFields(receipt))).toString("base64url");
  const signed = `${payload}.${keys.signing.kid}`;
  return `${signed}.${mac(keys.signing.key, signed)}`;
}

/** Opens what a client sent as a receipt, and believes nothing that none of the keys has signed. */
export function openReceipt(text: string | undefined, keys: ReceiptKeys): OpenedReceipt {
  if (text === undefined || text === "") return { ok: false, code: "receipt_missing" };
  const forged: OpenedReceipt = { ok: false, code: "receipt_forged" };
  const [payload, kid, given, more] = text.split(".", 4);
  if (payload === undefined || kid === undefined || given === undefined || more !== undefined) return forged;
  const key = keys.verifying.get(kid);
  if (key === undefined || !equal(given, mac(key.key, `${payload}.${kid}`))) return forged;
  const receipt = fromPayload(payload);
  return receipt === undefined ? forged : { ok: true, receipt };
}

function mac(key: string, text: string): string {
  return createHmac("sha256", key).update(text).digest("base64url");
}

/** Compares in a time that does not tell how much of a forgery was right. */
function equal(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}

function toFields(receipt: Receipt): unknown[] {
  return [
    LAYOUT,
    receipt.prediction_id,
    Date.parse(receipt.issued_at),
    Date.parse(receipt.event_at),
    receipt.unit,
    receipt.assigned_version,
    receipt.model_version === receipt.assigned_version ? 0 : receipt.model_version,
    receipt.arm,
    receipt.routing_revision,
    receipt.classes.join(""),
    receipt.propensity,
    receipt.feature_schema,
    Buffer.from(receipt.features_hash, "hex").toString("base64url"),
  ];
}

/** The receipt in a payload of ours; undefined for one of another layout. */
function fromPayload(payload: string): Receipt | undefined {
  const fields = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as unknown[];
  const [layout, id, issued, event, unit, assigned, answered, arm, revision, classes, propensity, schema, hash] =
    fields;
  if (layout !== LAYOUT) return undefined;
  const parsed = Receipt.safeParse({
    prediction_id: id,
    issued_at: new Date(Number(issued)).toISOString(),
    event_at: new Date(Number(event)).toISOString(),
    unit,
    assigned_version: assigned,
    model_version: answered === 0 ? assigned : answered,
    arm,
    routing_revision: revision,
    classes: Array.from(String(classes), Number),
    propensity,
    feature_schema: schema,
    features_hash: Buffer.from(String(hash), "base64url").toString("hex"),
  });
  return parsed.success ? parsed.data : undefined;
}
