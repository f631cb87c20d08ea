import type { VersionModel } from "../model/bundle.ts";
import type { Routing, ServedVersion } from "./schema.ts";
import { within } from "./within.ts";

/** Milliseconds, from its start, that requests of a version wait for its models. */
const COLD_MS = 1500;
/** Milliseconds after a failure before a version is loaded again, and after which a load that says nothing is given up. */
const RETRY_MS = 30_000;

/**
 * The versions whose models this routing may need. A candidate in the shadow is one: its first visitors would otherwise wait for
 * its models, and the candidate would be blamed for the time.
 */
export function routedVersions({ stable, previous_good, shadow, canary, experiment }: Routing): Set<ServedVersion> {
  const named = new Set<ServedVersion>([stable, previous_good]);
  if (shadow !== null) named.add(shadow.version);
  if (canary !== null) named.add(canary.version);
  for (const { version } of experiment?.arms ?? []) named.add(version);
  named.delete("rules");
  return named;
}

/** Models in an instance's memory: those that routing names, and no others. */
export class ModelCache {
  private readonly load: (version: ServedVersion) => Promise<VersionModel>;
  private readonly onFailure: (version: ServedVersion, cause: unknown) => void;
  private readonly models = new Map<ServedVersion, VersionModel>();
  /** The last attempt to load each version that routing names. */
  private readonly attempts = new Map<ServedVersion, { startMs: number; done: Promise<void> }>();

  /**
   * @param options.load loads a version's models, every byte verified
   * @param options.onFailure is told of a version that cannot be loaded or cannot answer
   */
  constructor(options: {
    load: (version: ServedVersion) => Promise<VersionModel>;
    onFailure: (version: ServedVersion, cause: unknown) => void;
  }) {
    this.load = options.load;
    this.onFailure = options.onFailure;
  }

  /** The models of a version, if they are loaded. */
  find(version: ServedVersion): VersionModel | undefined {
    return this.models.get(version);
  }

  /** Begins to load what is missing of these versions, and lets go of all others. */
  keep(versions: ReadonlySet<ServedVersion>, nowMs: number): void {
    for (const kept of [this.models, this.attempts]) {
      for (const version of kept.keys()) if (!versions.has(version)) kept.delete(version);
    }
    for (const version of versions) {
      const attempt = this.attempts.get(version);
      const resting = attempt !== undefined && nowMs - attempt.startMs < RETRY_MS;
      if (!this.models.has(version) && !resting) this.begin(version, nowMs);
    }
  }

  /** Waits for a version whose models are on their way; after a failure, or too long a time, it does not. */
  async ready(version: ServedVersion, nowMs: number): Promise<void> {
    const attempt = this.attempts.get(version);
    if (attempt === undefined || this.models.has(version)) return;
    await within(attempt.done, attempt.startMs + COLD_MS - nowMs);
  }

  /** Lets go of a version whose models could not answer; it is loaded again after a rest. */
  drop(version: ServedVersion, cause: unknown, nowMs: number): void {
    if (!this.models.delete(version)) return;
    this.attempts.set(version, { startMs: nowMs, done: Promise.resolve() });
    this.onFailure(version, cause);
  }

  private begin(version: ServedVersion, nowMs: number): void {
    const attempt = { startMs: nowMs, done: Promise.resolve() };
    this.attempts.set(version, attempt);
    attempt.done = this.load(version).then(
      (model) => {
        // What routing has stopped naming meanwhile is not kept.
        if (this.attempts.has(version)) this.models.set(version, model);
      },
      (cause: unknown) => this.onFailure(version, cause),
    );
  }
}
