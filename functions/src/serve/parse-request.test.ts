import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_BODY_BYTES, parseRequest } from "./parse-request.ts";

const context = {
  hora_local: "2026-09-28T12:00:00+02:00",
  prefers_color_scheme: "light",
  viewport_width: 1280,
  viewport_height: 720,
  touch_enabled: false,
  device_pixel_ratio: 2,
  user_agent: "test",
  session_id: "s1",
  page_path: "/",
};

const bytes = (body: unknown) => new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));

/** Status, message and the paths of the issues of a request that is not taken. */
function refusal(body: unknown) {
  const parsed = parseRequest("POST", bytes(body));
  if (parsed.ok) return { status: 200, message: "", paths: [] };
  const { error } = parsed.answer.body as { error: { message: string; issues: { path: string; message: string }[] } };
  return { status: parsed.answer.status, message: error.message, paths: error.issues.map(({ path }) => path) };
}

describe("a request to predict", () => {
  it("is taken as it is, without what we do not know", () => {
    const parsed = parseRequest(
      "POST",
      bytes({ user_context: { ...context, secret: 1 }, visitor_id: "v", more: true }),
    );
    expect(parsed).toEqual({ ok: true, request: { user_context: context, visitor_id: "v" } });
  });

  it("is taken up to 32 KiB and not a byte more", () => {
    const padded = (length: number) => {
      const text = JSON.stringify({ user_context: context });
      return text + " ".repeat(length - text.length);
    };
    expect(refusal(padded(MAX_BODY_BYTES)).status).toBe(200);
    expect(refusal(padded(MAX_BODY_BYTES + 1)).status).toBe(413);
  });

  const history = { sessions: 1, avg_session_duration: 1, total_interactions: 1, first_visit: "2026-01-01T00:00:00Z" };
  const wrong = (change: Record<string, unknown>) => ({ user_context: { ...context, ...change } });
  it.each([
    { name: "no body", body: "", paths: [] },
    { name: "no JSON", body: "{user_context:", paths: [] },
    { name: "NaN, which JSON does not have", body: '{"user_context": {"viewport_width": NaN}}', paths: [] },
    { name: "an array", body: [], paths: [""] },
    { name: "null", body: "null", paths: [""] },
    { name: "nothing in it", body: {}, paths: ["user_context"] },
    {
      name: "an infinite width",
      body: '{"user_context":{"viewport_width":1e999}}',
      paths: expect.arrayContaining(["user_context.viewport_width"]),
    },
    {
      name: "what NaN becomes in JSON",
      body: wrong({ device_pixel_ratio: null }),
      paths: ["user_context.device_pixel_ratio"],
    },
    { name: "a width of 0", body: wrong({ viewport_width: 0 }), paths: ["user_context.viewport_width"] },
    { name: "a width as text", body: wrong({ viewport_width: "1280" }), paths: ["user_context.viewport_width"] },
    {
      name: "a time without offset",
      body: wrong({ hora_local: "2026-09-28T12:00:00" }),
      paths: ["user_context.hora_local"],
    },
    {
      name: "a day that does not exist",
      body: wrong({ hora_local: "2026-02-30T12:00:00Z" }),
      paths: ["user_context.hora_local"],
    },
    {
      name: "an unknown colour scheme",
      body: wrong({ prefers_color_scheme: "blue" }),
      paths: ["user_context.prefers_color_scheme"],
    },
    {
      name: "two faults",
      body: wrong({ zoom_level: -1, languages: [7] }),
      paths: ["user_context.languages.0", "user_context.zoom_level"],
    },
    { name: "an empty visitor id", body: { user_context: context, visitor_id: "" }, paths: ["visitor_id"] },
    {
      name: "a class of another group",
      body: { user_context: context, preferences: { density: "fuente-sans" } },
      paths: ["preferences.density"],
    },
    {
      name: "a half session",
      body: { user_context: context, history: { ...history, sessions: 0.5 } },
      paths: ["history.sessions"],
    },
  ])("with $name is 400 and says where", ({ body, paths }) => {
    const { status, message, paths: told } = refusal(body);
    expect(status).toBe(400);
    expect(message.length).toBeGreaterThan(20);
    expect(Array.isArray(paths) ? told.toSorted() : told).toEqual(paths);
  });

  it.each(["GET", "PUT", "DELETE", "HEAD"])("by %s is 405 and names POST", (method) => {
    const parsed = parseRequest(method, bytes({ user_context: context }));
    expect(parsed).toMatchObject({ ok: false, answer: { status: 405, headers: { Allow: "POST" } } });
  });

  it("never throws and never answers with more than it was sent, much", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string(), fc.constant(JSON.stringify(wrong({ languages: Array(9000).fill(7) })))),
        (body) => {
          const { status, message, paths } = refusal(body);
          expect([400, 413]).toContain(status);
          expect(paths.length).toBeLessThanOrEqual(50);
          expect(message.length).toBeLessThan(10_000);
        },
      ),
    );
  });
});
