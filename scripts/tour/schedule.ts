import { runSchedule } from "../stack/client.ts";
import type { Tour } from "./tour.ts";

/**
 * Lets a schedule run at a virtual time. A connection that the emulator closed just then is tried once more: a schedule that
 * comes twice at one time moves nothing twice.
 * @throws {Error} if the function fails
 */
export async function runAt({ functionsUrl }: Pick<Tour, "functionsUrl">, name: string, ms: number): Promise<void> {
  const at = new Date(ms).toISOString();
  try {
    await runSchedule(name, at, functionsUrl);
  } catch (error) {
    // What fetch throws when there was no answer at all.
    if (!(error instanceof TypeError)) throw error;
    await runSchedule(name, at, functionsUrl);
  }
}
