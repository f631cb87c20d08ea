import type { File } from "@google-cloud/storage";

/** Codes of a connection that was lost, before an answer or amid it. */
const LOST = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ERR_STREAM_PREMATURE_CLOSE"]);
const ATTEMPTS = 3;

/**
 * All bytes of an object. One that breaks off is read again: the library does so only until an answer has begun. Whoever asks compares
 * the bytes with what they should be.
 * @throws what Storage says, `code` 404 if there is no such object
 */
export async function readObject(file: File): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      const [bytes] = await file.download({ validation: false });
      return bytes;
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (attempt === ATTEMPTS || typeof code !== "string" || !LOST.has(code)) throw error;
    }
  }
}
