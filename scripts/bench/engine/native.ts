import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { ROOT, SetupError } from "../../stack/project.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const FOLDER = join(ROOT, ".local/bench-python");
const PYTHON = process.platform === "win32" ? join(FOLDER, "Scripts/python.exe") : join(FOLDER, "bin/python");

/** Runs a command to its end; what it printed comes with the error. */
async function run(command: string, args: string[], what: string): Promise<void> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text: Buffer) => {
      printed = (printed + text.toString()).slice(-2000);
    });
  }
  const [code] = (await once(child, "exit").catch((cause: unknown) => {
    throw new SetupError(`${what}: ${command} cannot be run; install Python 3.11 or newer.`, { cause });
  })) as [number | null];
  if (code !== 0) throw new SetupError(`${what}: ${printed.trim()}`);
}

/** Makes the environment of requirements.txt in .local/, unless it is there. */
async function setUp(say: (line: string) => void): Promise<void> {
  const wanted = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex");
  const stamp = join(FOLDER, "stamp");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("Installing Python's XGBoost for comparison (1-2 minutes, once) …");
  mkdirSync(FOLDER, { recursive: true });
  await run("python3", ["-m", "venv", "--clear", FOLDER], "making a Python environment failed");
  await run(PYTHON, ["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], "installing XGBoost failed");
  writeFileSync(stamp, wanted);
}

/** Python's XGBoost in a process of its own, which does what native.py can. */
export class Native {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;
  private readonly lines: Interface;

  private constructor(child: ChildProcess, lines: Interface) {
    this.child = child;
    this.lines = lines;
    this.answers = lines[Symbol.asyncIterator]();
  }

  static async start(say: (line: string) => void): Promise<Native> {
    await setUp(say);
    const child = spawn(PYTHON, [join(import.meta.dirname, "native.py")], { stdio: ["pipe", "pipe", "inherit"] });
    return new Native(child, createInterface({ input: child.stdout }));
  }

  /** @throws {Error} Python failed; what it says is on the standard error */
  async ask<T>(operation: string, request: object = {}): Promise<T> {
    this.child.stdin?.write(`${JSON.stringify({ do: operation, ...request })}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`Python failed at ${operation}`);
    return JSON.parse(value) as T;
  }

  async stop(): Promise<void> {
    this.lines.close();
    this.child.stdin?.end();
    if (this.child.exitCode === null) await once(this.child, "exit");
  }
}
