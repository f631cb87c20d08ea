import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { deliverAlertsDue } from "../functions/src/monitor/deliver-alerts.ts";
import { type AlertContent, prepareAlert, raiseAlert, resolveAlert } from "../functions/src/shared/alert.ts";
import { AlertStore } from "../functions/src/shared/alert-store.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { Alert, AlertDelivery } from "../functions/src/shared/schema.ts";
import { callFunction, signUp } from "../scripts/stack/client.ts";
import { restorePolicyAfterwards } from "./policy.ts";

const MINUTE = 60_000;
const SECRET = "a key that only the receiver of these tests has";

const db = database();
restorePolicyAfterwards();

/** What a receiver of one's own gets, once it has checked the signature. */
interface Notice {
  id: string;
  delivery: string;
  notice: string;
  severity: string;
  status: string;
  message: string;
  to_do: string;
  count: number;
}

let receiver: Server;
let got: Notice[];
/** Statuses of the next answers; then 200. */
let answers: number[];
let requests: string[];
let nowMs: number;
let kind: string;

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    requests.push(request.url ?? "");
    const status = answers.shift() ?? 200;
    const body = await textOf(request);
    const isOurs = isSigned(request, body);
    if (status === 200 && isOurs) got.push(JSON.parse(body));
    response.writeHead(isOurs ? status : 401, status === 302 ? { Location: "/elsewhere" } : {}).end("thank you");
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
});

afterAll(async () => {
  receiver.close();
  await once(receiver, "close");
});

beforeEach(async () => {
  [got, answers, requests] = [[], [], []];
  kind = `test_${randomBytes(4).toString("hex")}`;
  nowMs = Date.now() + 1000;
  // What other tests have left is nobody's concern.
  for (;;) {
    await deliver({ url: "none" });
    if ((await new AlertStore(db).due(nowMs, 1)).length === 0) break;
    nowMs += MINUTE;
  }
});

afterEach(async () => {
  // Nothing is left to whoever looks at open alerts.
  for (const { id, status } of await alertsOf(kind)) if (status === "open") await db.doc(`alerts/${id}`).delete();
});

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

/** As docs/alerts.md tells a receiver to check. */
function isSigned({ headers }: IncomingMessage, body: string): boolean {
  const timestamp = String(headers["x-perennial-timestamp"]);
  const own = Buffer.from(`v1=${createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex")}`);
  const theirs = Buffer.from(String(headers["x-perennial-signature"]));
  return own.length === theirs.length && timingSafeEqual(own, theirs);
}

const urlOf = (path = "/alerts") => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`;

function deliver(settings: { url?: string; isLocal?: boolean } = {}, holder = "a test") {
  const all = { url: urlOf(), secret: SECRET, isLocal: true, ...settings };
  // What was raised just now, perhaps only when tried again, is due.
  nowMs = Math.max(nowMs, Date.now() + 1000);
  return deliverAlertsDue(db, { settings: all, holder, clockMs: () => nowMs });
}

function content(differences: Partial<AlertContent> = {}): AlertContent {
  const says = { message: "something has happened since 5 o'clock", to_do: "Look at it." };
  return { severity: "medium", kind, subject: "it", ...says, details: {}, ...differences };
}

async function alertsOf(of: string): Promise<Alert[]> {
  const { docs } = await db.collection("alerts").where("kind", "==", of).get();
  return docs.map((doc) => Alert.parse(doc.data()));
}

async function deliveriesOf(alert: string): Promise<AlertDelivery[]> {
  const { docs } = await db.collection("alert_deliveries").where("alert", "==", alert).get();
  return docs.map((doc) => AlertDelivery.parse(doc.data())).sort((a, b) => a.n - b.n);
}

const spoilt = (cause: string) => db.doc(`alert_deliveries/${kind}.${cause}.1`);

const mine = () => got.filter(({ id }) => id.startsWith(kind));

describe("a webhook", () => {
  it("has every alert without gaps although it fails twice, each of them once, signed", async () => {
    answers = [500, 503];
    for (let i = 0; i < 6; i++) await raiseAlert(db, content({ subject: `thing ${i}` }), String(i));
    // One that the system itself raises: a policy that is none.
    await resolveAlert(db, { kind: "config_edit_refused", subject: "config/lifecycle" }, "that was another test");
    await db.doc("config/lifecycle").set({ training: { rounds: "many" } });
    await vi.waitFor(
      async () => {
        const refused = await alertsOf("config_edit_refused");
        expect(refused.filter(({ status }) => status === "open").length).toBe(1);
      },
      { timeout: 60_000, interval: 200 },
    );

    await deliver();
    expect(mine().length).toBe(4);
    await deliver();
    expect(mine().length).toBe(4);
    nowMs += MINUTE;
    await deliver();
    const ids = (await alertsOf(kind)).map(({ id }) => id).sort();
    expect(ids.length).toBe(6);
    expect(
      mine()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids);
    const deliveries = (await Promise.all(ids.map(deliveriesOf))).flat();
    expect(deliveries.map(({ state }) => state)).toEqual(ids.map(() => "delivered"));
    expect(
      mine()
        .map(({ delivery }) => delivery)
        .sort(),
    ).toEqual(deliveries.map(({ id }) => id).sort());
    expect(mine()[0]).toMatchObject({ notice: "new", status: "open", count: 1, to_do: "Look at it." });
    const [failed] = await deliveriesOf(`${kind}.0`);
    expect(failed).toMatchObject({ state: "delivered", attempts: 2, last_status: 200, next_attempt_at: null });
    // Of what the system has raised there is a notice, too, and nothing waits.
    expect(got.some(({ id }) => id.startsWith("config_edit_refused"))).toBe(true);
    expect(await new AlertStore(db).due(nowMs, 10)).toEqual([]);
  });

  it("hears once of what several raise at once, of which one is open and counts each cause, and several send at once", async () => {
    await Promise.all(["the same", "the same", "another"].map((cause) => raiseAlert(db, content(), cause)));
    await Promise.all(["a", "b"].map((holder) => deliver({}, holder)));
    expect(mine().length).toBe(1);
    await raiseAlert(db, content(), "the same");
    await raiseAlert(db, content(), "a third");
    await deliver();
    expect(mine().length).toBe(1);
    expect(await alertsOf(kind)).toMatchObject([{ count: 3, status: "open", notices: 1 }]);
  });

  it("hears once of what is raised in a transaction that is tried again, and never of one that fails", async () => {
    let tries = 0;
    await db.runTransaction(async (tx) => {
      (await prepareAlert(db, tx, "1", content()))();
      // ABORTED: what Firestore says when another transaction was faster.
      if (++tries === 1) throw Object.assign(new Error("contention"), { code: 10 });
    });
    expect(tries).toBe(2);
    const fails = db.runTransaction(async (tx) => {
      (await prepareAlert(db, tx, "2", content({ subject: "what fails" })))();
      throw new Error("no");
    });
    await expect(fails).rejects.toThrow("no");
    await deliver();
    expect(mine().map(({ id }) => id)).toEqual([`${kind}.1`]);
    expect((await alertsOf(kind)).map(({ id, count }) => [id, count])).toEqual([[`${kind}.1`, 1]]);
  });

  it("has the others although one was spoilt by hand, and one that is raised again after it was deleted", async () => {
    for (const subject of ["a", "b", "c"]) await raiseAlert(db, content({ subject, severity: "high" }), subject);
    await spoilt("a").update({ attempts: "many" });
    await deliver();
    expect(mine().map(({ id }) => id)).toEqual([`${kind}.b`, `${kind}.c`]);
    // Nor is the reminder of another kept by an alert that cannot be read.
    await db.doc(`alerts/${kind}.b`).update({ reminders: "many" });
    nowMs += 61 * MINUTE;
    await deliver();
    expect(mine().at(-1)).toMatchObject({ id: `${kind}.c`, notice: "reminder" });
    await db.doc(`alerts/${kind}.c`).delete();
    await raiseAlert(db, content({ subject: "c", message: "again" }), "c");
    await deliver();
    expect(mine().at(-1)).toMatchObject({ id: `${kind}.c`, notice: "new", message: "again" });
    for (const of of ["a", "b"]) await Promise.all([db.doc(`alerts/${kind}.${of}`).delete(), spoilt(of).delete()]);
  });

  it("hears at once of what gets worse, and in the end that it is over", async () => {
    await raiseAlert(db, content(), "1");
    await raiseAlert(db, content({ severity: "high", message: "it burns" }), "2");
    // In the order in which they came to be, the next one not before the one before it is through.
    answers = [500];
    await deliver();
    expect(mine()).toEqual([]);
    nowMs += 2 * MINUTE;
    await deliver();
    expect(mine()).toMatchObject([{ notice: "new" }, { notice: "escalated", severity: "high", message: "it burns" }]);
    await resolveAlert(db, { kind, subject: "it" }, "the fire is out");
    nowMs += MINUTE;
    await deliver();
    expect(mine().at(-1)).toMatchObject({ notice: "resolved", status: "resolved", message: "the fire is out" });
    expect(new Set(mine().map(({ delivery }) => delivery)).size).toBe(3);
  });

  it("gets what somebody has claimed and not sent, a minute later", async () => {
    await raiseAlert(db, content(), "1");
    await new AlertStore(db).claim(`${kind}.1.1`, { holder: "who dies", unsent: null, nowMs });
    await deliver();
    expect(mine()).toEqual([]);
    nowMs += MINUTE + 1000;
    await deliver();
    expect(mine()).toMatchObject([{ id: `${kind}.1`, delivery: `${kind}.1.1` }]);
    expect(await deliveriesOf(`${kind}.1`)).toMatchObject([{ attempts: 2, state: "delivered" }]);
  });

  it("hears nothing of the end of what it never heard of", async () => {
    await raiseAlert(db, content(), "1");
    await deliver({ url: "none" });
    await resolveAlert(db, { kind, subject: "it" }, "it is over");
    await deliver();
    expect(requests).toEqual([]);
    expect(await deliveriesOf(`${kind}.1`)).toMatchObject([
      { state: "unsent", attempts: 0, last_error: "there is no webhook" },
      { state: "unsent", attempts: 0, last_error: "nobody was told of the alert" },
    ]);
  });

  it("is not followed to anywhere else", async () => {
    answers = [302];
    await raiseAlert(db, content(), "1");
    await deliver();
    expect(requests).toEqual(["/alerts"]);
    expect(await deliveriesOf(`${kind}.1`)).toMatchObject([{ state: "waiting", last_status: 302 }]);
  });

  it.each<[string, { url?: string; isLocal?: boolean }, RegExp]>([
    ["plain http in a project", { isLocal: false }, /must begin with https/],
    ["an address of this machine", { url: "https://localhost/alerts", isLocal: false }, /not on the internet/],
    ["the metadata server of a cloud", { url: "https://169.254.169.254/", isLocal: false }, /not on the internet/],
    ["an address without a key", { url: "https://user:secret@example.com/" }, /no user name/],
  ])("is nothing that is sent to: %s", async (_, settings, error) => {
    await raiseAlert(db, content(), "1");
    await deliver(settings);
    expect(requests).toEqual([]);
    const [delivery] = await deliveriesOf(`${kind}.1`);
    expect(delivery).toMatchObject({ state: "waiting", attempts: 1, last_status: null });
    expect(delivery?.last_error).toMatch(error);
    // Of the address nothing is told: it may hold a token.
    expect(delivery?.last_error).not.toMatch(/localhost|169|example|secret/);
  });
});

describe("acknowledgeAlert", () => {
  it("lets an admin say that an alert is seen, then that it is over, on audit; nobody else", async () => {
    const admin = await signUp("admin");
    const viewer = await signUp("viewer");
    await raiseAlert(db, content({ severity: "high" }), "1");
    const id = `${kind}.1`;
    expect(await callFunction("acknowledgeAlert", { id, reason: "seen" }, viewer.idToken)).toMatchObject({
      status: "PERMISSION_DENIED",
    });
    expect(await callFunction("acknowledgeAlert", { id, reason: "I look at it" }, admin.idToken)).toMatchObject({
      ok: true,
      result: { id, status: "open" },
    });
    const [seen] = await alertsOf(kind);
    expect(seen).toMatchObject({ seen: { by: admin.uid }, remind_at: null });
    const done = await callFunction("acknowledgeAlert", { id, resolved: true, reason: "mended" }, admin.idToken);
    expect(done).toMatchObject({ ok: true, result: { status: "resolved" } });
    const entries = await db.collection("audit").where("target", "==", `alerts/${id}`).get();
    expect(entries.docs.map((doc) => doc.get("action")).sort()).toEqual(["resolve_alert", "see_alert"]);
  });
});
