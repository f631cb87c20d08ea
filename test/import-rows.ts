import { userContext } from "./user-context.ts";

/** Rows of somebody's own logs that a model can learn from, over the three days before `endMs`: sessions begin with `prefix`. */
export function importRows(
  prefix: string,
  { count, endMs }: { count: number; endMs: number },
): (Record<string, unknown> & { timestamp: string })[] {
  return Array.from({ length: count }, (_, i) => {
    const timestamp = new Date(endMs - 3 * 86_400_000 + Math.floor((i / count) * 3 * 86_400_000)).toISOString();
    const keen = i % 2 === 0;
    // Keen visitors have sharp screens; four in five of them are engaged, and one in five of the others.
    const engaged = ((i * 7919) % 10) / 10 < (keen ? 0.8 : 0.2);
    return {
      timestamp,
      session_id: `${prefix}.s${i}`,
      visitor_id: `${prefix}.v${i % Math.ceil(count * 0.8)}`,
      consent: { granted: true, at: timestamp, policy: "2026-01" },
      user_context: {
        ...userContext({
          hora_local: timestamp,
          prefers_color_scheme: i % 5 === 0 ? "dark" : "no-preference",
          viewport_width: i % 3 === 0 ? 390 : 1280 + (i % 7),
          viewport_height: 600 + ((i * 7919) % 997) / 2,
          device_pixel_ratio: keen ? 2 : 1,
          session_id: `${prefix}.s${i}`,
          page_path: "/shop?token=secret#top",
          user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        }),
        languages: ["es-ES", "en"],
      },
      session_duration: engaged ? 200_000 : 20_000,
      interactions_count: engaged ? 9 : 2,
      bounce_rate: engaged ? 0 : 1,
      scroll_depth: engaged ? 0.9 : 0.3,
      click_through_rate: 0.1,
      page_load_time: 700,
      rendering_time: i % 4 === 0 ? 150 : 40,
      ...(i % 10 === 0 ? { user_satisfaction: 4 } : {}),
    };
  });
}

/** The rows as NDJSON, as a JSON array, and as CSV with dotted names. */
export const WRITTEN = {
  ndjson: (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
  json: (rows: readonly object[]): string => JSON.stringify(rows, undefined, 1),
  csv: (rows: readonly object[]): string => {
    const flat = rows.map((row) => new Map(flattened(row, "")));
    const names = [...new Set(flat.flatMap((row) => [...row.keys()]))];
    return [names, ...flat.map((row) => names.map((name) => row.get(name) ?? ""))]
      .map((cells) => `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")}\r\n`)
      .join("");
  },
};

function flattened(value: object, prefix: string): [string, string][] {
  return Object.entries(value).flatMap(([name, member]): [string, string][] => {
    if (Array.isArray(member)) return [[prefix + name, member.join(" ")]];
    if (typeof member === "object" && member !== null) return flattened(member, `${prefix}${name}.`);
    return [[prefix + name, String(member)]];
  });
}
