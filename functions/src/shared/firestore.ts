import { type Bucket, Storage } from "@google-cloud/storage";
import { getApps, initializeApp } from "firebase-admin/app";
import { type DocumentSnapshot, type Firestore, getFirestore } from "firebase-admin/firestore";
import { logger } from "firebase-functions";
import { storageBucket } from "firebase-functions/params";
import type { z } from "zod";
import { DATABASE_ID } from "../config.ts";
import { CorruptError, fieldIssues, inWords } from "./errors.ts";

/** The Firestore database of this deployment. */
export function database(): Firestore {
  // The SDK of the functions may have made an app of its own, with another name, to hand over an event.
  if (!getApps().some(({ name }) => name === "[DEFAULT]")) initializeApp();
  return getFirestore(DATABASE_ID.value());
}

let storage: Storage | undefined;

/** The project's default bucket, where versions and the working files of jobs live. */
export function bucket(): Bucket {
  storage ??= new Storage();
  return storage.bucket(storageBucket.value());
}

/**
 * A document as its schema describes it, or undefined if there is none.
 * @throws {CorruptError} naming the document and what is wrong with it
 */
export function parseDocument<T>(schema: z.ZodType<T>, snapshot: DocumentSnapshot): T | undefined {
  if (!snapshot.exists) return undefined;
  const parsed = schema.safeParse(snapshot.data());
  if (parsed.success) return parsed.data;
  throw new CorruptError(`${snapshot.ref.path} is not valid: ${inWords(fieldIssues(parsed.error))}`);
}

/**
 * A document as its schema describes it, or null with a line in the log if it is not valid: for those that are read with
 * others, of which one that somebody spoilt by hand must not stop the rest.
 */
export function readableDocument<T>(schema: z.ZodType<T>, snapshot: DocumentSnapshot): T | null {
  const parsed = schema.safeParse(snapshot.data());
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join("."));
  logger.error("unreadable document", { path: snapshot.ref.path, fields });
  return null;
}

/** gRPC status of a create that finds a document. */
const ALREADY_EXISTS = 6;

/** True for the error of a create that finds a document in its place. */
export function alreadyExists(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === ALREADY_EXISTS;
}
