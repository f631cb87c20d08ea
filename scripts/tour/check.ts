/** Something that the tour claims did not hold; the message is one sentence with what was expected and what was seen. */
export class TourFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TourFailure";
  }
}

/**
 * Lets the tour go on only if what it claims is so.
 * @throws {TourFailure} with the sentence
 */
export function check(holds: boolean, sentence: () => string): asserts holds {
  if (!holds) throw new TourFailure(sentence());
}

/**
 * Waits until something is there.
 * @param look null while it is not
 * @param sentence what was expected, for the failure after `seconds`
 * @throws {TourFailure} if it does not come in time
 */
export async function eventually<T>(
  look: () => Promise<T | null>,
  { seconds, everyMs = 250, sentence }: { seconds: number; everyMs?: number; sentence: () => string },
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new TourFailure(sentence());
    await new Promise((later) => setTimeout(later, everyMs));
  }
}
