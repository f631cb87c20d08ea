import { SingleBar } from "cli-progress";

/** A bar on the terminal; nothing where the standard error is none. */
export function progressBar(title: string, total: number) {
  const format = `${title} {bar} {value} of {total}, {eta_formatted} to go`;
  const bar = new SingleBar({
    format,
    stream: process.stderr,
    clearOnComplete: true,
    noTTYOutput: false,
    hideCursor: true,
  });
  if (process.stderr.isTTY) bar.start(total, 0);
  return {
    update: (done: number): void => {
      if (process.stderr.isTTY) bar.update(done);
    },
    stop: (): void => {
      if (process.stderr.isTTY) bar.stop();
    },
  };
}
