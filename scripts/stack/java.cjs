#!/usr/bin/env node
// Stands on PATH as `java` while the emulators run, for two things that firebase-tools cannot be told otherwise:
// the Storage emulator's rules runtime, where its jar cannot be had, is answered here (it denies every client, which is what
// storage.rules says), and the Firestore jar of an installed gcloud SDK is started by its class, since it has no main manifest.
const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");

const args = process.argv.slice(2);
const { PERENNIAL_JAVA: java, PERENNIAL_GCLOUD_JAR: gcloudJar, STORAGE_EMULATOR_BINARY_PATH: standIn } = process.env;

if (standIn && args.includes(standIn)) answerRules();
else runJava();

function answerRules() {
  const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const answer = (id, result) => say({ id, status: "ok", errors: [], warnings: [], result });
  say({ id: -1, status: "ok" });
  createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, action } = JSON.parse(line);
    answer(id, action === "load_ruleset" ? { rulesVersion: 2 } : { permit: false });
  });
}

function runJava() {
  if (!java) {
    console.error("no Java is installed");
    process.exit(1);
  }
  const jar = args.indexOf("-jar");
  if (gcloudJar && jar >= 0 && args[jar + 1] === gcloudJar) {
    args.splice(jar, 2, "-cp", gcloudJar, "com.google.cloud.datastore.emulator.firestore.CloudFirestore");
  }
  const child = spawn(java, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 1));
}
