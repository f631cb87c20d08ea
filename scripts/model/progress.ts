import { SingleBar } from "cli-progress";

/** A bar on the terminal; nothing where the standard error is none. */
export function progressBar(title: string, total: number) {
  const bar = barOf(`${title} {bar} {value} of {total}, {eta_formatted} to go`, total);
  return { stop: bar.stop, update: (done: number): void => bar.update(done) };
}

/** The same over the bytes of a file; what is counted are its rows. */
export function byteBar(title: string, bytes: number) {
  const bar = barOf(`${title} {bar} {percentage} %, {rows} rows, {eta_formatted} to go`, bytes, { rows: 0 });
  return { stop: bar.stop, update: (done: number, rows: number): void => bar.update(done, { rows }) };
}

function barOf(format: string, total: number, first: object = {}) {
  const bar = new SingleBar({
    format,
    stream: process.stderr,
    clearOnComplete: true,
    noTTYOutput: false,
    hideCursor: true,
  });
  if (process.stderr.isTTY) bar.start(total, 0, first);
  return {
    update: (done: number, payload: object = {}): void => {
      if (process.stderr.isTTY) bar.update(done, payload);
    },
    stop: (): void => {
      if (process.stderr.isTTY) bar.stop();
    },
  };
}
