// What runs before anything is installed: plain JavaScript for Node >= 18, without dependencies. It installs and builds what
// is stale, then hands over to the TypeScript script of the given name on the project's own Node.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const LOCAL = join(ROOT, ".local");
const NODE = join(ROOT, "node_modules/.bin", process.platform === "win32" ? "node.exe" : "node");
// An older system Node would make npm skip optional packages that functions need, so npm itself runs on the project's Node too.
const ENV = { ...process.env, PATH: [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter) };

class SetupError extends Error {}

function hash(files) {
  const sum = createHash("sha256");
  for (const file of files) sum.update(file).update("\0").update(readFileSync(file)).update("\0");
  return sum.digest("hex");
}

/** Runs `work` unless its stamp says that nothing has changed since; shows how long it takes. */
async function once(name, title, key, isThere, work) {
  const stamp = join(LOCAL, `${name}.stamp`);
  if (isThere() && existsSync(stamp) && readFileSync(stamp, "utf8") === key) return;
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  process.stderr.write(`${title} …\n`);
  const ticking = setInterval(() => process.stderr.write(`  ${title}: ${seconds()}\n`), 15_000);
  try {
    await work();
  } finally {
    clearInterval(ticking);
  }
  mkdirSync(LOCAL, { recursive: true });
  writeFileSync(stamp, key);
  process.stderr.write(`${title}: done in ${seconds()}\n`);
}

/** Runs a command quietly; what it printed comes with the error. */
function run(command, args, options, sentence) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
      ...options,
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => (printed = (printed + text).slice(-4000)));
    child.on("error", (error) => fail(new SetupError(`${sentence} (${error.message})`)));
    child.on("exit", (code) => (code === 0 ? done() : fail(new SetupError(`${printed.trim()}\n${sentence}`))));
  });
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
    () => run("npm", ["ci", "--no-audit", "--no-fund"], {}, failed),
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
        "npm",
        ["run", "build"],
        { env: ENV },
        "The functions do not compile: mend the errors above and start again.",
      ),
  );
}

const [script, ...args] = process.argv.slice(2);
try {
  await setUp();
  const child = spawn(NODE, [join(ROOT, "scripts", `${script}.ts`), ...args], {
    cwd: ROOT,
    env: ENV,
    stdio: "inherit",
  });
  // A Ctrl-C reaches the whole terminal group; we only wait until the script has put everything away.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 1));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
