// The dashboard: signs a person in, follows the documents, and shows them section by section.
import { onAuthStateChanged, signOut, type User } from "firebase/auth";
import { doc } from "firebase/firestore";
import type { Role } from "../../functions/src/shared/schema.ts";
import { alerts } from "./alerts.ts";
import { say } from "./ask.ts";
import { call } from "./call.ts";
import { deployment } from "./deployment.ts";
import { type Child, el, put, tick } from "./dom.ts";
import { experiment } from "./experiment.ts";
import { connect, type Project, setting } from "./firebase.ts";
import { glance } from "./glance.ts";
import { health, warnings } from "./health.ts";
import { follow, type Live, one, unknownState } from "./live.ts";
import { signIn } from "./sign-in.ts";
import { traffic } from "./traffic.ts";
import { versions } from "./versions.ts";
import { guarded, type Section, type View } from "./view.ts";

/** What asks for a person first; on a phone one below the other. */
const COLUMNS: readonly (readonly Section[])[] = [
  [alerts, traffic, deployment],
  [health, experiment, versions],
];
const TICK_MS = 20_000;

const main = part("#main");
const who = part("#who");

try {
  start(await connect());
} catch (error) {
  fail(error);
}

function start(project: Project): void {
  part("#project").textContent = `${project.id}${project.isEmulated ? " (emulators)" : ""}`;
  let end = (): void => {};
  onAuthStateChanged(
    project.auth,
    (user) => {
      end();
      say("");
      end = user === null ? signedOut(project) : signedIn(project, user);
    },
    fail,
  );
}

function signedOut({ auth }: Project): () => void {
  put(who);
  put(main, ...signIn(auth));
  return () => {};
}

/** Looks up what this person may, and shows it; whoever is granted a role meanwhile sees it at once. */
function signedIn(project: Project, { uid, email }: User): () => void {
  let end = (): void => {};
  const endRole = one<Role>(doc(project.db, "roles", uid), (found: Live<Role>) => {
    end();
    end = (): void => {};
    const role = found.kind === "there" ? found.value.role : null;
    const leave = el("button", { type: "button" }, "Sign out");
    leave.addEventListener("click", () => void signOut(project.auth));
    put(who, el("span", { title: uid }, `${email ?? uid}${role === null ? "" : `, ${role}`}`), leave);
    if (found.kind === "failed")
      put(main, el("p", { class: "unreadable" }, `roles/${uid} cannot be read: ${found.reason}`));
    else if (role === "admin" || role === "viewer") end = watch(project, { uid, isAdmin: role === "admin" });
    else put(main, ...withoutRole(project, uid));
  });
  return () => {
    endRole();
    end();
  };
}

function withoutRole({ id, isEmulated }: Project, uid: string): Child[] {
  const project = isEmulated ? "" : ` --project ${id}`;
  const database = setting("perennial-database");
  const named = database === "" || database === "(default)" ? "" : ` --database ${database}`;
  return [
    el(
      "section",
      { class: "card" },
      el("h2", {}, "You have no role here"),
      el(
        "p",
        {},
        "You are signed in as ",
        el("code", {}, uid),
        ". Somebody with the project's credentials grants you one, in Perennial's folder:",
      ),
      el("pre", { tabindex: "0" }, `npm run grant-admin --${project} --uid ${uid}${named}`),
      el(
        "p",
        { class: "quiet" },
        "With --role viewer you may look and not act. This page goes on by itself once you have it.",
      ),
    ),
  ];
}

function watch(project: Project, { uid, isAdmin }: { uid: string; isAdmin: boolean }): () => void {
  const state = unknownState();
  const view: View = { state, isAdmin, uid, call: (name, data) => call(project.functions, name, data) };
  const banner = el("div", {});
  const summary = el("nav", { class: "glance", "aria-label": "At a glance" });
  const bodies = COLUMNS.map((sections) => sections.map((section) => ({ section, body: el("div", {}) })));
  const columns = bodies.map((sections) =>
    el(
      "div",
      { class: "column" },
      ...sections.map(({ section: { id, title }, body }) =>
        el(
          "section",
          { id, class: "card", "aria-labelledby": `${id}-title` },
          el("h2", { id: `${id}-title` }, title),
          body,
        ),
      ),
    ),
  );
  put(main, banner, summary, el("div", { class: "columns" }, ...columns));
  const warn = (): void => put(banner, ...guarded("heartbeats/monitor", () => warnings(state, Date.now())));
  let isDue = false;
  const render = (): void => {
    isDue = false;
    warn();
    put(summary, ...guarded("At a glance", () => glance(state)));
    for (const { section, body } of bodies.flat()) put(body, ...guarded(section.title, () => section.render(view)));
  };
  // What comes together is shown together.
  const later = (): void => {
    if (!isDue) requestAnimationFrame(render);
    isDue = true;
  };
  const end = follow(project.db, state, later);
  const ticking = setInterval(() => {
    tick();
    warn();
  }, TICK_MS);
  render();
  return () => {
    end();
    clearInterval(ticking);
  };
}

function fail(error: unknown): void {
  put(main, el("p", { class: "unreadable", role: "alert" }, error instanceof Error ? error.message : String(error)));
}

function part(selector: string): Element {
  const found = document.querySelector(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}
