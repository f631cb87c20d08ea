/** Begins the name of everything that is stored. */
const PREFIX = "perennial.";

/**
 * The visitor's own storage. Where there is none (blocked, full, private), a page lives without: nothing is remembered, and
 * nothing breaks.
 */
export const store = {
  get<T>(name: string): T | undefined {
    try {
      const text = localStorage.getItem(PREFIX + name);
      return text === null ? undefined : (JSON.parse(text) as T);
    } catch {
      return undefined;
    }
  },
  set(name: string, value: unknown): void {
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
      // Full or blocked.
    }
  },
  remove(name: string): void {
    try {
      localStorage.removeItem(PREFIX + name);
    } catch {
      // Blocked: then nothing was stored either.
    }
  },
  /** Removes everything. */
  clear(): void {
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
    } catch {
      // Blocked.
    }
  },
};

/** 128 random bits, in hex. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
