// What counting costs: logs through ingest over HTTP, and through the fold, on the emulators; documents as Firestore bills them.
import { foldDueLogs } from "../../functions/src/collect/fold-due-logs.ts";
import type { LogBody } from "../../functions/src/collect/schema.ts";
import { bucket, database } from "../../functions/src/shared/firestore.ts";
import { Debounce } from "../../functions/src/train/debounce.ts";
import { followLogs } from "../../functions/src/train/follow-logs.ts";
import { type FirestoreMeter, firestoreMeter, total } from "../../test/firestore-meter.ts";
import { demoKeys, ownVersion, signedLog } from "../../test/signed-log.ts";
