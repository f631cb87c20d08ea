import { describe, expect, it } from "vitest";
import { ok } from "../shared/http.ts";
import { type InboxOutcome, type InboxTools, takeFromInbox } from "./take-from-inbox.ts";

const HOUR = 3_600_000;

interface Taken {
  outcomes: (InboxOutcome | "again")[];
  handed: (string | undefined)[];
  left: number;
}

/** Takes one document under some conditions; what came of it, what was handed over, and whether the document is still there. */
async function taking(body: unknown, conditions: Partial<InboxTools> = {}): Promise<Taken> {
  const documents = new Map([["d", { body }]]);
  const handed: (string | undefined)[] = [];
  const tools: InboxTools = {
    inbox: {
      read: async (id) => documents.get(id) ?? null,
      remove: async (id) => {
        documents.delete(id);
      },
    },
    isOpen: async () => true,
    take: async (bytes) => {
      handed.push(bytes === undefined ? undefined : new TextDecoder().decode(bytes));
      return ok({});
    },
    ageMs: 0,
    ...conditions,
  };
  const run = () => takeFromInbox("d", tools).catch(() => "again" as const);
  return { outcomes: [await run(), await run()], handed, left: documents.size };
}

const down = async (): Promise<never> => {
  throw new Error("the database is down");
};

describe("a log in the inbox", () => {
  const gone = { outcome: "gone" } as const;

  it.each<[string, unknown, Partial<InboxTools>, Taken]>([
    [
      "is handed over word by word, once",
      '{"ñ":1}',
      {},
      { outcomes: [{ outcome: "taken", status: 200 }, gone], handed: ['{"ñ":1}'], left: 0 },
    ],
    [
      "that is no text is counted as an empty body",
      { a: 1 },
      {},
      { outcomes: [{ outcome: "taken", status: 200 }, gone], handed: [undefined], left: 0 },
    ],
    [
      "is deleted unread while the inbox is closed",
      "{}",
      { isOpen: async () => false },
      { outcomes: [{ outcome: "closed" }, gone], handed: [], left: 0 },
    ],
    ["stays until it could be taken", "{}", { take: down }, { outcomes: ["again", "again"], handed: [], left: 1 }],
    [
      "does not stay for ever",
      "{}",
      { take: down, ageMs: 12 * HOUR },
      { outcomes: [{ outcome: "given_up" }, gone], handed: [], left: 0 },
    ],
  ])("%s", async (_, body, conditions, expected) => {
    expect(await taking(body, conditions)).toEqual(expected);
  });
});
