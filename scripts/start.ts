// npm start: the local stack, brought to life by the tour, then kept running with a scheduler until Ctrl-C.
import { Command, InvalidArgumentError } from "commander";
import open from "open";
import { keepComing } from "./crowd/keep-coming.ts";
import { type Stack, startStack } from "./stack/emulators.ts";
import { SetupError } from "./stack/project.ts";
import { LOCAL_PASSWORD } from "./stack/roles.ts";
import { keepSchedules } from "./stack/scheduler.ts";
import { Site } from "./tour/site.ts";
import { runTour } from "./tour/tour.ts";

function seedOf(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed) || seed < 0 || seed > 2 ** 31 - 1) {
    throw new InvalidArgumentError("must be a whole number from 0 to 2147483647");
  }
  return seed;
}

const options = new Command("npm start --")
  .description("Starts the emulators, runs the tour and keeps them running.")
  .option("--once", "end after the tour; exit status 0 only if every step held", false)
  .option("--json", "make the last line of standard output one JSON object with the tour's result", false)
  .option("--no-open", "do not open the example site in a browser when the tour is through")
  .option("--seed <n>", "other visitors, other behaviour", seedOf, 1)
  .parse()
  .opts<{ once: boolean; json: boolean; open: boolean; seed: number }>();

// With --json standard output belongs to the last line; what a person reads goes to standard error.
const say = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);

let stack: Stack | undefined;
let stopping = false;
async function stop(code: number): Promise<never> {
  stopping = true;
  // Emulators that are still starting end with this process.
  await stack?.stop();
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // A terminal's Ctrl-C comes twice: from the terminal, and passed on by npm.
    if (stopping) return;
    say("\nStopping everything …");
    void stop(signal === "SIGINT" ? 130 : 143);
  });
}

try {
  say("Starting the Firebase emulators …");
  stack = await startStack({ ports: "fixed", say });
  for (const note of stack.notes) say(`  ${note}`);
  Object.assign(process.env, stack.env);
  const { functionsUrl, hostingUrl } = stack;
  const result = await runTour({ functionsUrl, hostingUrl, seed: options.seed, say });
  const json = (): void => void (options.json && process.stdout.write(`${JSON.stringify(result)}\n`));
  if (options.once) {
    await stack.stop();
    json();
    await stop(result.ok ? 0 : 1);
  }
  if (!result.ok) say("The tour did not hold; the stack keeps running, so that you can look.");
  say(whereToLook(stack));
  keepSchedules(functionsUrl, say);
  // Other visitors than the tour's.
  void keepComing(new Site(hostingUrl), { seed: options.seed + 1, say });
  if (options.open && process.stdout.isTTY) await open(hostingUrl).catch(() => undefined);
  json();
  await stack.ended;
  if (!stopping) {
    say(`The emulators ended by themselves; what they said is in ${stack.logFile}.`);
    await stop(1);
  }
} catch (error) {
  if (!stopping) {
    const message = error instanceof SetupError ? error.message : String(error instanceof Error ? error.stack : error);
    say(message);
    if (options.json) process.stdout.write(`${JSON.stringify({ ok: false, seed: options.seed, error: message })}\n`);
    await stop(1);
  }
}

function whereToLook({ hostingUrl, functionsUrl, uiUrl, ports }: Stack): string {
  const context = {
    hora_local: new Date().toISOString(),
    prefers_color_scheme: "no-preference",
    viewport_width: 1440,
    viewport_height: 900,
    touch_enabled: false,
    device_pixel_ratio: 2,
    user_agent: "curl",
    session_id: "me",
    page_path: "/",
  };
  return `
Running, with a simulated visitor every ten seconds. Ctrl-C stops everything.
  site        ${hostingUrl} (the example site: agree, and be a visitor yourself; its panel shows what is asked and told)${uiUrl === null ? "" : `\n  emulators   ${uiUrl}`}
  functions   ${functionsUrl}
  dashboard   ${hostingUrl}/dashboard/ (npm run grant-admin -- --email me@example.com makes you an admin here; the password is ${LOCAL_PASSWORD})
  Firestore   127.0.0.1:${ports.firestore}, Storage 127.0.0.1:${ports.storage}, Auth 127.0.0.1:${ports.auth}
Ask for a design:
  curl -s ${hostingUrl}/api/predict -H 'content-type: application/json' -d '${JSON.stringify({ user_context: context })}'
`;
}
