import type { Firestore, Transaction } from "firebase-admin/firestore";
import { canonicalJson, sha256 } from "./canonical.ts";
import { parseDocument } from "./firestore.ts";
import { AuditEntry } from "./schema.ts";
import { iso } from "./time.ts";

/** What is put on record; the chain adds sequence and hashes. */
export type AuditRecord = Pick<AuditEntry, "who" | "action" | "target" | "reason" | "details">;

/** Hash of an entry over everything but the hash itself. */
function auditHash(entry: Omit<AuditEntry, "hash">): string {
  return sha256(canonicalJson(entry));
}

/**
 * Appends to the audit chain within a transaction, one entry for each record. Reads, so call it once, before the transaction's first
 * write; it returns the write to do. The newest is found by `seq`: a descending order of ids would need an index of its own in
 * production.
 */
export async function prepareAudit(db: Firestore, tx: Transaction, ...records: AuditRecord[]): Promise<() => void> {
  const audit = db.collection("audit");
  const newest = await tx.get(audit.orderBy("seq", "desc").limit(1));
  let last = newest.docs[0] === undefined ? undefined : parseDocument(AuditEntry, newest.docs[0]);
  const entries = records.map((record): AuditEntry => {
    const body: Omit<AuditEntry, "hash"> = {
      schema_version: 1,
      seq: (last?.seq ?? 0) + 1,
      at: iso(Date.now()),
      ...record,
      previous_hash: last?.hash ?? "0".repeat(64),
    };
    last = { ...body, hash: auditHash(body) };
    return last;
  });
  return () => {
    for (const entry of entries) tx.create(audit.doc(String(entry.seq).padStart(12, "0")), entry);
  };
}
