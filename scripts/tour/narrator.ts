/** Milliseconds between two lines of progress where lines stay: not on a terminal. */
const QUIET_MS = 10_000;

/**
 * Tells the tour: each step's title, its figures, and how it ended after what time; and what goes on meanwhile, on a terminal
 * in one line that is written over, elsewhere as a line now and then.
 */
export class Narrator {
  private readonly say: (line: string) => void;
  private readonly terminal: NodeJS.WriteStream | undefined;
  private lastMs = 0;

  /** @param say takes the lines that stay */
  constructor(say: (line: string) => void, stream: NodeJS.WriteStream = process.stderr) {
    this.say = say;
    this.terminal = stream.isTTY ? stream : undefined;
  }

  /** A step begins. */
  begin(title: string): void {
    this.lastMs = Date.now();
    this.transient("");
    this.say(title);
  }

  /** What goes on right now. */
  progress(text: string): void {
    if (this.terminal !== undefined) {
      this.transient(`  … ${text}`);
    } else if (Date.now() - this.lastMs >= QUIET_MS) {
      this.lastMs = Date.now();
      this.say(`  … ${text}`);
    }
  }

  /** Something worth keeping. */
  note(text: string): void {
    this.transient("");
    for (const line of text.split("\n")) this.say(`    ${line}`);
  }

  /** A step is over. */
  end({ ok, seconds }: { ok: boolean; seconds: number }): void {
    this.transient("");
    this.say(`  ${ok ? "✔ held" : "✘ did not hold"} (${seconds.toFixed(1)} s)`);
  }

  private transient(text: string): void {
    if (this.terminal === undefined) return;
    const width = this.terminal.columns ?? 80;
    this.terminal.write(`\r\u001b[K${text.slice(0, width - 1)}`);
  }
}
