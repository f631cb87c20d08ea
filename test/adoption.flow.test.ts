import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { deleteApp, type FirebaseApp, initializeApp } from "firebase/app";
import {
  collection,
  connectFirestoreEmulator,
  doc,
  type Firestore,
  getDoc,
  getDocs,
  getFirestore,
  limit,
  query,
  setDoc,
  setLogLevel,
} from "firebase/firestore";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LogBody } from "../functions/src/collect/schema.ts";
import { type Stack, startStack } from "../scripts/stack/emulators.ts";
import { CONTEXT, postPredict } from "./predict-client.ts";
import { PLAIN_VISIT } from "./some-log.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Who asks Firestore: the emulator takes `owner` for the Admin SDK, whom no rule holds. */
type Person = "owner" | "nobody" | { sub: string; editor?: boolean };

/** An existing project that has adopted Perennial and runs on emulators of its own. */
class AdoptedProject {
  readonly folder = mkdtempSync(join(tmpdir(), "adoption-"));
  readonly id: string;
  private readonly original: ReadonlyMap<string, string>;
  private readonly apps: FirebaseApp[] = [];
  private stack: Stack | undefined;

  constructor(name: string) {
    this.id = `demo-${name}`;
    cpSync(join(import.meta.dirname, "adopt", name), this.folder, { recursive: true });
    this.original = filesOf(this.folder);
  }

  adopt(...options: string[]): string {
    const args = [join(ROOT, "scripts/adopt.ts"), this.folder, ...options];
    return execFileSync(process.execPath, args, { encoding: "utf8", stdio: "pipe" });
  }

  /** What npm install would do, from the packages that are here. */
  installFunctions(...folders: string[]): void {
    for (const folder of folders) {
      symlinkSync(join(ROOT, "functions/node_modules"), join(this.folder, folder, "node_modules"));
    }
  }

  async start(only?: string): Promise<void> {
    const project = { root: this.folder, id: this.id };
    const say = (line: string): void => console.error(line);
    this.stack = await startStack({ ports: "free", project, say, ...(only === undefined ? {} : { only }) });
  }

  /** A URL of its Hosting, or of the site that is the `nth` one behind the first. */
  url(path: string, nth = 0): string {
    if (this.stack === undefined) throw new Error("the emulators do not run");
    const { port, protocol, hostname } = new URL(this.stack.hostingUrl);
    // firebase-tools leaves a gap behind the first site's port.
    return `${protocol}//${hostname}:${Number(port) + (nth === 0 ? 0 : 4 + nth)}${path}`;
  }

  as(person: Person, database = "(default)"): Firestore {
    const app = initializeApp({ projectId: this.id }, `${this.id}-${this.apps.length}`);
    this.apps.push(app);
    const db = getFirestore(app, database);
    const port = this.stack?.ports.firestore ?? 0;
    connectFirestoreEmulator(db, "127.0.0.1", port, person === "nobody" ? {} : { mockUserToken: person });
    return db;
  }

  /** A document once it is there, as the owner sees it. */
  async stored(path: string, database?: string): Promise<Record<string, unknown>> {
    const db = this.as("owner", database);
    const giveUpMs = Date.now() + 90_000;
    for (;;) {
      const found = await getDoc(doc(db, path));
      if (found.exists()) return found.data();
      if (Date.now() > giveUpMs) throw new Error(`${path} is still not there`);
      await new Promise((later) => setTimeout(later, 200));
    }
  }

  /** Ends what runs; once it has, this does nothing. */
  async stop(): Promise<void> {
    await Promise.all(this.apps.splice(0).map((app) => deleteApp(app)));
    await this.stack?.stop();
    this.stack = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** Undoes the adoption and tells how the folder differs from what it was: not at all, by rights. */
  async undone(): Promise<{ missing: string[]; added: string[]; changed: string[] }> {
    await this.stop();
    this.adopt("--undo", "--yes");
    const now = filesOf(this.folder);
    return {
      missing: [...this.original.keys()].filter((path) => !now.has(path)),
      added: [...now.keys()].filter((path) => !this.original.has(path)),
      changed: [...now].filter(([path, bytes]) => (this.original.get(path) ?? bytes) !== bytes).map(([path]) => path),
    };
  }
}

/** Bytes of all files and folders but the packages that the test has linked. */
function filesOf(folder: string): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => !/node_modules/.test(path));
  return new Map(
    paths.map((path) => {
      const file = join(folder, path);
      return [path, statSync(file).isFile() ? readFileSync(file, "base64") : "a folder"];
    }),
  );
}

/** Asks for a design and tells how the visit went, both through the project's own Hosting. */
async function visit(project: AdoptedProject): Promise<{ id: string; answer: unknown }> {
  const ask = () => postPredict({ user_context: CONTEXT }, project.url("/api/predict"));
  let { status, body } = await ask();
  // Two visits of a hundred explore, which is no answer of the rules.
  while (body.propensity < 0.5) ({ status, body } = await ask());
  expect([status, body.css_classes]).toEqual([200, ["densidad-media", "fuente-sans", "tema-claro"]]);
  expect(body.receipt).toMatch(/^[\w.-]{100,}$/);
  const now = Date.now();
  const log: LogBody = {
    ...PLAIN_VISIT,
    schema_version: 1,
    prediction_id: body.prediction_id,
    receipt: body.receipt,
    model_version: body.model_version,
    seq: 0,
    consent: { granted: true, at: new Date(now - 60_000).toISOString() },
    user_context: CONTEXT,
    timestamp: new Date(now).toISOString(),
    ended_at: new Date(now + 30_000).toISOString(),
    session_id: CONTEXT.session_id,
    predicted_css_classes: body.css_classes as LogBody["predicted_css_classes"],
    predicted_css_variables: body.css_variables,
  };
  const response = await fetch(project.url("/api/logs"), { method: "POST", body: JSON.stringify(log) });
  return { id: body.prediction_id, answer: await response.json() };
}

const ACCEPTED = { accepted: 1, duplicates: 0, quarantined: [], rejected: [] };

async function may(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "permission-denied") return false;
    throw error;
  }
}

const mayList = (db: Firestore, path: string): Promise<boolean> => may(getDocs(query(collection(db, path), limit(1))));

beforeAll(() => setLogLevel("silent"));

describe("a shop that adopts Perennial", () => {
  const shop = new AdoptedProject("shop");
  beforeAll(async () => {
    shop.adopt("--yes");
    shop.installFunctions("functions", "perennial/functions");
    await shop.start();
  });
  afterAll(() => shop.remove());

  it("still takes orders through its hosting, and its trigger writes their receipts", async () => {
    const wanted = { customer: "ana", items: [{ price: 3, count: 4 }] };
    const headers = { "content-type": "application/json" };
    const response = await fetch(shop.url("/orders/new"), { method: "POST", headers, body: JSON.stringify(wanted) });
    expect(response.status).toBe(201);
    const { order } = (await response.json()) as { order: string };
    expect(await shop.stored(`orders/${order}/receipts/first`)).toEqual({ customer: "ana", total: 12 });
  });

  it("still serves its app at every other path", async () => {
    const response = await fetch(shop.url("/basket/of/today"));
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("Loading the shop")]);
  });

  it("still lets customers read their own orders, and nobody else's", async () => {
    await setDoc(doc(shop.as("owner"), "orders/bens"), { customer: "ben", items: [] });
    const read = (person: Person) => may(getDoc(doc(shop.as(person), "orders/bens")));
    expect([await read({ sub: "ben" }), await read({ sub: "ana" }), await read("nobody")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await mayList(shop.as("nobody"), "products")).toBe(true);
    expect(await may(setDoc(doc(shop.as({ sub: "ana" }), "products/p"), {}))).toBe(false);
  });

  it("answers designs and takes logs", async () => {
    const { id, answer } = await visit(shop);
    expect(answer).toEqual(ACCEPTED);
    expect(await shop.stored(`interaction_logs/${id}`)).toMatchObject({ prediction_id: id, source: "live" });
  });

  it("shows logs to admins only, whoever its customers are", async () => {
    await setDoc(doc(shop.as("owner"), "roles/ada"), { role: "admin" });
    const list = (person: Person) => mayList(shop.as(person), "interaction_logs");
    expect([await list({ sub: "ada" }), await list({ sub: "ana" }), await list("nobody")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("is what it was, to the byte, once that is undone", async () => {
    expect(await shop.undone()).toEqual({ missing: [], added: [], changed: [] });
  });
});

describe("a magazine that adopts Perennial with a database of its own", () => {
  const magazine = new AdoptedProject("magazine");
  beforeAll(async () => {
    // Its editors may read everything in the default database, so Perennial refuses to live there.
    expect(() => magazine.adopt("--site", "reader", "--yes")).toThrow("adopt with --database perennial");
    magazine.adopt("--site", "reader", "--database", "perennial", "--yes");
    magazine.installFunctions("functions/site", "functions/newsletter", "perennial/functions");
    // With two databases in firebase.json the emulator would load no rules at all.
    await magazine.start("functions,hosting,auth,storage,tasks,eventarc,firestore:(default)");
  });
  afterAll(() => magazine.remove());

  it("still runs the functions of both its codebases", async () => {
    await setDoc(doc(magazine.as("owner"), "articles/a"), { title: "Spring", published: true });
    expect(await magazine.stored("newsletter/a")).toEqual({ title: "Spring" });
    const response = await fetch(magazine.url("/api/articles"));
    expect([response.status, await response.json()]).toEqual([200, ["Spring"]]);
  });

  it("still serves both its sites, of which one alone has designs", async () => {
    const read = async (path: string, nth: number) => (await fetch(magazine.url(path, nth))).text();
    expect(await read("/any/article", 0)).toContain("for its readers");
    expect(await read("/", 1)).toContain("for its editors");
    const { status } = await postPredict({ user_context: CONTEXT }, magazine.url("/api/predict", 1));
    expect(status).toBe(404);
  });

  it("still lets editors do everything and readers read what is published", async () => {
    await setDoc(doc(magazine.as("owner"), "articles/draft"), { title: "Summer", published: false });
    const read = (person: Person, id: string) => may(getDoc(doc(magazine.as(person), `articles/${id}`)));
    expect([await read("nobody", "a"), await read("nobody", "draft")]).toEqual([true, false]);
    expect(await read({ sub: "eva", editor: true }, "draft")).toBe(true);
    expect(await may(setDoc(doc(magazine.as({ sub: "ana" }), "articles/b"), {}))).toBe(false);
  });

  it("answers designs and takes logs, all in that database", async () => {
    const { id, answer } = await visit(magazine);
    expect(answer).toEqual(ACCEPTED);
    expect(await magazine.stored(`interaction_logs/${id}`, "perennial")).toMatchObject({ source: "live" });
    const inDefault = await getDoc(doc(magazine.as("owner"), `interaction_logs/${id}`));
    expect(inDefault.exists()).toBe(false);
  });

  it("shows no logs to readers", async () => {
    expect(await mayList(magazine.as({ sub: "ana" }, "perennial"), "interaction_logs")).toBe(false);
  });

  it("is what it was, to the byte, once that is undone", async () => {
    expect(await magazine.undone()).toEqual({ missing: [], added: [], changed: [] });
  });
});
