/** What each of some works has led to; the type of one that is under way. */
type Results<Works extends readonly Promise<unknown>[]> = { -readonly [K in keyof Works]: Awaited<Works[K]> };

/**
 * Waits for all of some works, whatever becomes of the others.
 * @returns their results, in their order
 * @throws {AggregateError} when all have ended, if one has failed: its message tells every reason
 */
export async function independently<Works extends readonly Promise<unknown>[]>(
  ...works: Works
): Promise<Results<Works>> {
  const ended = await Promise.allSettled(works);
  const errors = ended.flatMap((end): unknown[] => (end.status === "rejected" ? [end.reason] : []));
  if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join("; "));
  return ended.map((end) => (end.status === "fulfilled" ? end.value : undefined)) as Results<Works>;
}

/** Waits for all of some works, whatever becomes of them. @returns the names of those that have failed */
export async function failures(works: Readonly<Record<string, Promise<unknown>>>): Promise<string[]> {
  const names = Object.keys(works);
  const ended = await Promise.allSettled(Object.values(works));
  return names.filter((_, i) => ended[i]?.status === "rejected");
}
