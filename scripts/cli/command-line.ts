import { Command, CommanderError } from "commander";
import { reasonOf } from "../../functions/src/shared/errors.ts";

/** Exit status for what was given and is refused. */
export const REFUSED = 2;

/** What the user gave is refused; the message says where and why, in one line. */
export class RefusedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RefusedError";
  }
}

/** A command that says what is wrong with its arguments in one line. */
export function commandLine(name: string): Command {
  return new Command(name)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "").replace(/\n(?=.)/g, " ")) });
}

/**
 * Runs a command with the arguments of this process, and sets the exit status. What is refused is one line and REFUSED.
 * @param refusals kinds of errors that say what is wrong with what was given
 * @param others what becomes of other errors: one line and status 1 where they are about the world outside, or thrown
 */
export async function runCommand(
  program: Command,
  {
    refusals,
    others,
  }: { refusals: readonly (abstract new (...args: never[]) => Error)[]; others: "in one line" | "thrown" },
): Promise<void> {
  // `... | head` closes the pipe early.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : REFUSED;
      return;
    }
    const isRefused = refusals.some((kind) => error instanceof kind);
    if (!isRefused && others === "thrown") throw error;
    console.error(reasonOf(error).replaceAll(/\s+/g, " "));
    process.exitCode = isRefused ? REFUSED : 1;
  }
}
