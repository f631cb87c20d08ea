import { RefusedError } from "../cli/command-line.ts";
import { lineAt } from "./text.ts";

/** An `allow` statement. */
export interface Allow {
  /** Without `if`; `true` where there is none. */
  condition: string;
  line: number;
}

/** A `service` or `match` block of a rules file, or the file itself. */
export interface RulesBlock {
  /** The service's name; empty for others. */
  service: string;
  /** Of a match, its segments: `users`, `{uid}`, `{rest=**}`. */
  path: readonly string[];
  line: number;
  /** Offsets of what stands between its braces. */
  bodyStart: number;
  bodyEnd: number;
  allows: Allow[];
  functions: string[];
  blocks: RulesBlock[];
}

/**
 * The blocks of a Firestore or Storage rules file. It knows just enough of the language to tell who matches what.
 * @throws {RefusedError} naming the line that it cannot read
 */
export function parseRules(file: string, text: string): RulesBlock {
  return new RulesReader(file, text).file();
}

/** A text with its comments as blanks: offsets and lines stay. */
export function withoutComments(text: string): string {
  return text.replaceAll(
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g,
    (found: string) => (found.startsWith("/") ? found.replaceAll(/[^\n]/g, " ") : found),
  );
}

class RulesReader {
  private at = 0;
  private readonly name: string;
  /** Without comments. */
  private readonly text: string;

  constructor(file: string, text: string) {
    this.name = file;
    this.text = withoutComments(text);
  }

  file(): RulesBlock {
    const block = this.block("", []);
    if (this.at < this.text.length) this.refuse();
    return block;
  }

  /** Reads up to the brace that closes it, or to the file's end. */
  private block(service: string, path: readonly string[]): RulesBlock {
    const start = this.at;
    const block = { service, path, line: lineAt(this.text, start), bodyStart: start, bodyEnd: start };
    const inside = { allows: [] as Allow[], functions: [] as string[], blocks: [] as RulesBlock[] };
    for (;;) {
      this.take(/\s*/y);
      if (this.at >= this.text.length || this.text[this.at] === "}") break;
      const line = lineAt(this.text, this.at);
      const word = this.take(/[a-z_]+/y);
      if (word === "match") inside.blocks.push(this.nested("", this.path(), line));
      else if (word === "service") inside.blocks.push(this.nested(this.take(/\s*[\w.]+/y)?.trim() ?? "", [], line));
      else if (word === "allow") inside.allows.push({ condition: this.condition(), line });
      else if (word === "function") inside.functions.push(this.functionName());
      else if (word === "rules_version") this.statement();
      else this.refuse();
    }
    return { ...block, ...inside, bodyEnd: this.at };
  }

  private nested(service: string, path: readonly string[], line: number): RulesBlock {
    if (this.take(/\s*\{/y) === undefined) this.refuse();
    const block = this.block(service, path);
    if (this.text[this.at] !== "}") this.refuse();
    this.at++;
    return { ...block, line };
  }

  private path(): string[] {
    this.take(/\s*/y);
    // A brace after a slash is a wildcard; one after a segment opens the block.
    const written = this.take(/(?:\/(?:\{[^}]*\}|[^\s/{]+))+\/?/y) ?? this.refuse();
    return written.split("/").filter((segment) => segment !== "");
  }

  private condition(): string {
    const [, condition] = /^[^:]*:\s*if\b([\s\S]*)$/.exec(this.statement()) ?? [];
    return condition?.trim() ?? "true";
  }

  private functionName(): string {
    const name = this.take(/\s*\w+/y)?.trim() ?? this.refuse();
    this.skip("{");
    this.at++;
    for (let depth = 1; depth > 0; this.at++) {
      const brace = this.skip("{}");
      depth += brace === "{" ? 1 : -1;
    }
    return name;
  }

  private statement(): string {
    const start = this.at;
    // Where a semicolon is missing, the block's end is the statement's, too.
    for (let depth = 0; ; this.at++) {
      const mark = this.skip("{};");
      if (mark === ";" && depth === 0) break;
      if (mark === "}" && depth-- === 0) return this.text.slice(start, this.at);
      if (mark === "{") depth++;
    }
    return this.text.slice(start, this.at++);
  }

  /** Goes to the next of these characters outside of texts. */
  private skip(marks: string): string {
    for (; this.at < this.text.length; this.at++) {
      this.take(/(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')+/y);
      const mark = this.text[this.at];
      if (mark !== undefined && marks.includes(mark)) return mark;
    }
    return this.refuse();
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private refuse(): never {
    throw new RefusedError(`${this.name}, line ${lineAt(this.text, this.at)}: these rules cannot be read.`);
  }
}
