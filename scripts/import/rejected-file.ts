import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import type { Issue } from "../../functions/src/collect/schema.ts";

/** Where the refused rows of a file are written. */
export function rejectedPath(file: string): string {
  return `${file}.rejected.ndjson`;
}

/** The refused rows of an import, each with its reasons: a file that is there only if there are any. */
export class RejectedFile {
  private readonly path: string;
  private descriptor: number | undefined;
  /** Length so far. */
  bytes: number;

  /** @param bytes that an earlier run has written and counted; what stands after them is written anew */
  constructor(file: string, bytes: number) {
    this.path = rejectedPath(file);
    this.bytes = bytes;
    if (bytes === 0) rmSync(this.path, { force: true });
    else {
      this.descriptor = openSync(this.path, "r+");
      ftruncateSync(this.descriptor, bytes);
    }
  }

  /** A row without consent is told by its number only. */
  add(row: number, issues: readonly Issue[], value: unknown): void {
    this.descriptor ??= openSync(this.path, "w", 0o600);
    const isKept = value !== undefined && issues.every(({ code }) => code !== "no_consent");
    const line = Buffer.from(`${JSON.stringify({ row, issues, ...(isKept ? { value } : {}) })}\n`);
    this.bytes += writeSync(this.descriptor, line, 0, line.length, this.bytes);
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
  }
}
