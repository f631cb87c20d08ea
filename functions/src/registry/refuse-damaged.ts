import { CorruptError, InputError, RefusedError } from "../shared/errors.ts";
import type { VersionStore } from "./store.ts";

/**
 * Makes sure that a version that is to answer is registered and whole, in each of its files; the rules are.
 * @param of.path field of the request that names it
 * @param of.cannot what it cannot do if it is damaged, `be returned to`
 * @throws {InputError} when it is not registered
 * @throws {RefusedError} when it is damaged, naming the file
 */
export async function refuseDamaged(
  versions: VersionStore,
  version: string,
  { path, cannot }: { path: string; cannot: string },
): Promise<void> {
  if (version === "rules") return;
  if ((await versions.read(version)) === undefined) {
    throw new InputError(`there is no version ${version}`, [{ path, message: "is not registered" }]);
  }
  try {
    await versions.load(version, "every");
  } catch (cause) {
    if (!(cause instanceof CorruptError)) throw cause;
    throw new RefusedError(`${version} cannot ${cannot}: ${cause.message}`, { cause });
  }
}
