import type { Alert, Heartbeat } from "../../functions/src/shared/schema.ts";

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/**
 * A time seen from now, in its largest whole unit: "3 minutes ago", "in 2 days".
 * @throws {RangeError} when it is none, so that its section says so
 */
export function ago(iso: string, nowMs: number): string {
  const ms = msOf(iso) - nowMs;
  const [unit, length] = UNITS.find(([, length]) => Math.abs(ms) >= length) ?? ["second", 0];
  if (length === 0) return "just now";
  return RELATIVE.format(Math.trunc(ms / length), unit);
}

/** The same time exactly, on this clock and as it is stored. */
export function exactly(iso: string): string {
  return `${EXACT.format(msOf(iso))} here, ${iso}`;
}

function msOf(iso: string): number {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new RangeError(`"${iso}" is no time`);
  return ms;
}

/**
 * A share in per cent, as exact as shares are dealt: "5 %", "0.25 %"; with a space that does not break.
 * @throws {RangeError} when it is no number
 */
export function percent(share: number): string {
  return `${numberOf(share * 100, 2)}\u00a0%`;
}

/** A difference of shares in points: "+3.1 points". */
export function points(difference: number): string {
  return `${signed(difference * 100, 1)} points`;
}

/** A figure with its sign, so many digits after the point at most. */
export function signed(value: number, digits: number): string {
  const text = numberOf(value, digits);
  return text.startsWith("-") ? `−${text.slice(1)}` : `+${text}`;
}

/** A figure to three significant digits, or a dash where there is none. */
export function figure(value: number | null): string {
  return value === null ? "–" : String(Number(checked(value).toPrecision(3))).replace("-", "−");
}

function numberOf(value: number, digits: number): string {
  const rounded = Number(checked(value).toFixed(digits));
  return String(rounded === 0 ? 0 : rounded);
}

function checked(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`"${value}" is no number`);
  return value;
}

/** `rolled_back` as people say it. */
export function spoken(word: string): string {
  return word.replaceAll("_", " ");
}

/** "1 visitor", "1,200 visitors". */
export function counted(n: number, one: string): string {
  return `${checked(n).toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
}

const SEVERITIES = ["high", "medium", "low"] as const satisfies readonly Alert["severity"][];

/** Most severe first; of one severity those that nobody has seen, then the latest. */
export function bySeverity(a: Alert, b: Alert): number {
  const rank = ({ severity, seen }: Alert): number => SEVERITIES.indexOf(severity) * 2 + (seen ? 1 : 0);
  const [atA, atB] = [a.last_at ?? a.at, b.last_at ?? b.at];
  return rank(a) - rank(b) || (atA < atB ? 1 : atA > atB ? -1 : 0);
}

/** Whether nobody has heard of monitorHealth for longer than it may be silent. */
export function isSilent(
  { at }: Pick<Heartbeat, "at">,
  { nowMs, minutes }: { nowMs: number; minutes: number },
): boolean {
  return nowMs - msOf(at) > minutes * 60_000;
}

/** Whether two documents hold the same, whatever the order of their fields. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [inA, inB] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return inA.length === inB.size && inA.every(([key, value]) => inB.has(key) && isSame(value, inB.get(key)));
}

/** Share of all visitors by version, the largest first. */
export function byVersion(portions: readonly { version: string; share: number }[]): [string, number][] {
  const shares = new Map<string, number>();
  for (const { version, share } of portions) shares.set(version, (shares.get(version) ?? 0) + share);
  return [...shares].sort((a, b) => b[1] - a[1]);
}
