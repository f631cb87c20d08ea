import { resolve } from "node:path";

/** The project's root folder. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** The emulators' project: the prefix `demo-` keeps them from ever touching a real one. */
export const PROJECT = "demo-perennial";

/** Something that this machine lacks or that could not be fetched; the message is one sentence that says what to do. */
export class SetupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SetupError";
  }
}
