import type { bucket, database } from "../functions/src/shared/firestore.ts";

type Firestore = ReturnType<typeof database>;
type Bucket = ReturnType<typeof bucket>;

/** What everything of a dead worker ends in: nothing that it does from then on reaches Firestore or Storage. */
class WorkerDied extends Error {}

/** Transactions write by these, documents by those. */
const TRANSACTION_WRITES = ["set", "create", "update", "delete"];
const DOCUMENT_WRITES = ["set", "create", "update", "delete"];

/** Firestore and Storage as a worker has them that dies. */
export interface DyingWorker {
  db: Firestore;
  bucket: Bucket;
  /** Writes that it has begun. */
  writes(): number;
}

/**
 * A worker that dies just before a write: a commit of a transaction that writes, the creation of a document or an object. That
 * is the state, too, in which it leaves everything if it dies after the write before.
 * @param deathAt number of that write, from 1; Infinity: it lives
 */
export function dyingWorker(db: Firestore, bucket: Bucket, deathAt: number): DyingWorker {
  let begun = 0;
  const breathe = (): void => {
    if (begun >= deathAt) throw new WorkerDied("this worker is dead");
  };
  const write = (): void => {
    breathe();
    begun++;
    breathe();
  };

  /** Another object with the same methods, of which some are done differently, and none after death. */
  function around<T extends object>(target: T, differently: Record<string, (...args: never[]) => unknown>): T {
    return new Proxy(target, {
      get(of, name) {
        const own = Reflect.get(of, name, of) as unknown;
        if (typeof own !== "function") return own;
        const other = typeof name === "string" ? differently[name] : undefined;
        return (...args: unknown[]): unknown => {
          breathe();
          return Reflect.apply(other ?? own, other === undefined ? of : undefined, args);
        };
      },
    });
  }

  const document = (ref: ReturnType<Firestore["doc"]>) =>
    around(
      ref,
      Object.fromEntries(
        DOCUMENT_WRITES.map((name) => [
          name,
          (...args: never[]) => {
            write();
            return Reflect.apply(Reflect.get(ref, name) as () => unknown, ref, args);
          },
        ]),
      ),
    );

  const dyingDb = around(db, {
    doc: (path: string) => document(db.doc(path)),
    collection: (path: string) => {
      const collection = db.collection(path);
      return around(collection, { doc: (id: string) => document(collection.doc(id)) });
    },
    runTransaction: (act: (tx: object) => Promise<unknown>) =>
      db.runTransaction(async (tx) => {
        let isWriting = false;
        const spied = new Proxy(tx, {
          get(of, name) {
            const own = Reflect.get(of, name, of) as unknown;
            if (typeof own !== "function") return own;
            if (TRANSACTION_WRITES.includes(String(name))) isWriting = true;
            return own.bind(of) as unknown;
          },
        });
        const result = await act(spied);
        if (isWriting) write();
        return result;
      }),
  });

  const dyingBucket = around(bucket, {
    file: (path: string) => {
      const file = bucket.file(path);
      return around(file, {
        save: (...args: Parameters<typeof file.save>) => {
          write();
          return file.save(...args);
        },
      });
    },
    deleteFiles: (...args: Parameters<Bucket["deleteFiles"]>) => {
      write();
      return bucket.deleteFiles(...args);
    },
  });
  return { db: dyingDb, bucket: dyingBucket, writes: () => begun };
}
