// What runs before anything is installed: plain JavaScript for Node >= 18, without dependencies. It installs and builds what
// is stale, then hands over to the TypeScript script of the given name on the project's own Node.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const LOCAL = join(ROOT, ".local");
const NODE = join(ROOT, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
// Everything after the tools runs on the project's own Node. npm, too: on an older one it skips optional packages that
// the functions need.
const PATH = [dirname(NODE), join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter);
const ENV = { ...process.env, PATH };

class SetupError extends Error {}

let running;
let stopped = false;
// What runs puts its own things away; we only wait for it.
function stop(signal) {
  stopped = true;
  if (running) running.kill(signal);
  else process.exit(130);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(signal));
if (process.env.npm_lifecycle_event) {
  // npm passes a signal on to its shell, which passes nothing on: that the shell is gone is all one learns.
  const shell = process.ppid;
  const watching = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watching);
    stop("SIGTERM");
  }, 500);
  watching.unref();
}

function hash(files) {
  const sum = createHash("sha256");
  for (const file of files) sum.update(file).update("\0").update(readFileSync(file)).update("\0");
  return sum.digest("hex");
}

/** Runs `work` unless its stamp says that nothing has changed since; shows how long it takes. */
async function once(name, title, key, isThere, work) {
  const stamp = join(LOCAL, `${name}.stamp`);
  if (isThere() && existsSync(stamp) && readFileSync(stamp, "utf8") === key) return;
  rmSync(stamp, { force: true });
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  process.stderr.write(`${title} …\n`);
  // A terminal has one line that is written over, a log gets a line now and then.
  const [line, everyMs] = process.stderr.isTTY
    ? [() => `\r  … ${seconds()}`, 1000]
    : [() => `  … ${seconds()}\n`, 30_000];
  const ticking = setInterval(() => process.stderr.write(line()), everyMs);
  try {
    await work();
  } finally {
    clearInterval(ticking);
  }
  mkdirSync(LOCAL, { recursive: true });
  writeFileSync(stamp, key);
  process.stderr.write(`${process.stderr.isTTY ? "\r" : ""}  done in ${seconds()}\n`);
}

/** Runs a command quietly; what it printed comes with the error. */
function run(command, args, options, sentence) {
  return new Promise((done, fail) => {
    running = spawn(command, args, {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
      ...options,
    });
    let printed = "";
    for (const stream of [running.stdout, running.stderr]) {
      stream.on("data", (text) => {
        printed = (printed + text).slice(-4000);
      });
    }
    running.on("error", (error) => fail(new SetupError(`${sentence} (${error.message})`)));
    running.on("close", (code) => (code === 0 ? done() : fail(new SetupError(`${printed.trim()}\n${sentence}`))));
  });
}

async function installTools(failed) {
  await run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {}, failed);
  if (existsSync(NODE)) return;
  // Where npm runs no install scripts, the package `node` has not fetched its binary yet.
  const cwd = join(ROOT, "node_modules/node");
  await run(process.execPath, ["installArchSpecificPackage.js"], { cwd }, failed);
}

function sources(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return name.endsWith(".ts") && !name.endsWith(".test.ts") ? [path] : [];
  });
}

async function setUp() {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 18)
    throw new SetupError(`Node ${process.versions.node} is too old: install Node 18 or newer and start again.`);
  if (spawnSync("npm", ["--version"], { shell: process.platform === "win32" }).status !== 0) {
    throw new SetupError("npm was not found: install it together with Node (nodejs.org) and start again.");
  }
  const lock = join(ROOT, "package-lock.json");
  const failed = "Installing failed: check the network (npm ping) and start again; nothing else needs to be undone.";
  await once(
    "tools",
    "Installing the tools (1-3 minutes, once)",
    hash([lock]),
    () => existsSync(NODE),
    () => installTools(failed),
  );
  const functions = join(ROOT, "functions");
  const firestore = join(functions, "node_modules/@google-cloud/firestore");
  await once(
    "functions",
    "Installing the functions' packages",
    hash([join(functions, "package-lock.json")]),
    () => existsSync(firestore),
    () => run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: functions, env: ENV }, failed),
  );
  const built = [
    ...sources(join(functions, "src")),
    join(functions, "tsconfig.json"),
    join(ROOT, "tsconfig.base.json"),
  ];
  await once(
    "build",
    "Building the functions",
    hash(built),
    () => existsSync(join(functions, "lib/index.js")),
    () =>
      run(
        "tsc",
        ["-p", "functions/tsconfig.json"],
        { env: ENV },
        "The functions do not compile: mend the errors above and start again.",
      ),
  );
  const client = join(ROOT, "client");
  await once(
    "client",
    "Building the browser library",
    hash([...sources(join(client, "src")), join(ROOT, "scripts/client/build-options.ts")]),
    () => existsSync(join(client, "dist/index.d.ts")) && existsSync(join(client, "example/perennial.js")),
    async () => {
      const broken = "The browser library does not compile: mend the errors above and start again.";
      await run("tsc", ["-p", "client/tsconfig.build.json"], { env: ENV }, broken);
      await run(NODE, ["scripts/build-client.ts"], {}, broken);
    },
  );
  const dashboard = join(ROOT, "dashboard");
  await once(
    "dashboard",
    "Building the dashboard",
    hash([
      ...sources(join(dashboard, "src")),
      ...["index.html", "style.css", "icon.svg"].map((name) => join(dashboard, name)),
      // Of the functions it takes types, which are checked and not built, and these values.
      ...["config.ts", "serve/assign.ts"].map((name) => join(functions, "src", name)),
      join(ROOT, "scripts/build-dashboard.ts"),
      join(ROOT, "scripts/dashboard/build-options.ts"),
      lock,
    ]),
    () => existsSync(join(dashboard, "dist/main.js")) && existsSync(join(client, "example/dashboard/main.js")),
    () =>
      run(
        NODE,
        ["scripts/build-dashboard.ts"],
        {},
        "The dashboard does not build: mend the errors above and start again.",
      ),
  );
}

const [script, ...args] = process.argv.slice(2);
try {
  await setUp();
  // npm run build: the set-up is all there is to do.
  if (script === "build") process.exit(0);
  running = spawn(NODE, [join(ROOT, "scripts", `${script}.ts`), ...args], { cwd: ROOT, env: ENV, stdio: "inherit" });
  running.on("exit", (code) => process.exit(code ?? 1));
} catch (error) {
  if (stopped) process.exit(130);
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  // Whoever reads the last line finds the same form as after a tour.
  if (args.includes("--json")) console.log(JSON.stringify({ ok: false, error: error.message }));
  process.exit(1);
}
