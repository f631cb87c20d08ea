#!/usr/bin/env node
// Stands on PATH as `java` while the emulators run, for what firebase-tools cannot be told otherwise: which Java of this
// machine to use, that Firestore is emulated by something other than `java -jar`, and that the Storage emulator's rules
// runtime, where its jar cannot be had, is answered here (it denies every client, which is what storage.rules says).
const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");

const args = process.argv.slice(2);
const { PERENNIAL_JAVA: java, PERENNIAL_FIRESTORE: firestore } = process.env;
const { FIRESTORE_EMULATOR_BINARY_PATH: firestoreJar, STORAGE_EMULATOR_BINARY_PATH: rulesJar } = process.env;

const at = args.indexOf("-jar");
const jar = at < 0 ? undefined : args[at + 1];
if (jar !== undefined && jar === rulesJar) answerRules();
else if (jar !== undefined && jar === firestoreJar) run([...JSON.parse(firestore), ...args.slice(at + 2)]);
else if (java) run([java, ...args]);
else if (args.includes("-version")) console.error('openjdk version "21" (nothing here needs it)');
else fail("no Java is installed");

function answerRules() {
  const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const answer = (id, result) => say({ id, status: "ok", errors: [], warnings: [], result });
  say({ id: -1, status: "ok" });
  createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, action } = JSON.parse(line);
    answer(id, action === "load_ruleset" ? { rulesVersion: 2 } : { permit: false });
  });
}

function run([program, ...programArgs]) {
  const child = spawn(program, programArgs, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code) => process.exit(code ?? 1));
  // firebase-tools puts its emulators into process groups of their own: if it is killed, nobody else ends them.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill("SIGKILL"), 1000).unref();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
