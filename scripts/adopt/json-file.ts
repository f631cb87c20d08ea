import {
  findNodeAtLocation,
  type JSONPath,
  type Node,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { RefusedError } from "../cli/command-line.ts";
import { lineAt, newlineOf } from "./text.ts";

/** A JSON file of somebody else's that is edited where it must be: comments, indentation and line ends stay as they are. */
export class JsonFile {
  private content: string;
  private readonly original: string;
  private readonly unit: string;
  private readonly newline: string;
  readonly name: string;

  /** @throws {RefusedError} naming the line that is not JSON (comments are allowed, as Firebase does) */
  constructor(name: string, text: string) {
    this.name = name;
    this.content = text;
    this.original = text;
    const errors: ParseError[] = [];
    const value: unknown = parse(text, errors);
    const [error] = errors;
    if (error !== undefined) {
      throw new RefusedError(`${name}, line ${lineAt(text, error.offset)}: ${printParseErrorCode(error.error)}.`);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new RefusedError(`${name} must hold a JSON object.`);
    }
    this.newline = newlineOf(text);
    this.unit = /^[^\S\r\n]+(?=["[{])/m.exec(text)?.[0] ?? "  ";
  }

  /** As it is now. */
  get text(): string {
    return this.content;
  }

  /** A value, or undefined if there is none. */
  get(path: JSONPath): unknown {
    const root: unknown = parse(this.content);
    return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], root);
  }

  /** The line that a value was on before all edits, from 1 on: whoever reads of it has that file. */
  lineOf(path: JSONPath): number {
    return lineAt(this.original, nodeAt(this.original, path)?.offset ?? 0);
  }

  /** Sets a property; a new one comes last, or first where `first` says so. */
  set(path: JSONPath, value: unknown, first = false): void {
    const node = this.node(path);
    if (node !== undefined) {
      const text = inJson(value, { ...this.style, indent: this.indentAt(node.offset) });
      this.content = this.content.slice(0, node.offset) + text + this.content.slice(node.offset + node.length);
      return;
    }
    const name = path.at(-1);
    this.add(this.node(path.slice(0, -1)), first, (style) => `${JSON.stringify(name)}: ${inJson(value, style)}`);
  }

  /** Puts an element into an array, before all others or behind them. */
  insert(path: JSONPath, where: "first" | "last", value: unknown): void {
    this.add(this.node(path), where === "first", (style) => inJson(value, style));
  }

  /** Makes a value the only element of an array in its place, with the comments that are in it. */
  wrap(path: JSONPath): void {
    const node = this.node(path);
    if (node === undefined) throw new Error(`${this.name} has no ${path.join(".")}`);
    const before = this.content.slice(0, node.offset);
    const indent = this.indentAt(node.offset);
    const value = this.content.slice(node.offset, node.offset + node.length);
    const inner = value.replaceAll(/\n(?=[^\r\n])/g, `\n${this.unit}`);
    const after = this.content.slice(node.offset + node.length);
    this.content = `${before}[${this.newline}${indent}${this.unit}${inner}${this.newline}${indent}]${after}`;
  }

  private node(path: JSONPath): Node | undefined {
    return nodeAt(this.content, path);
  }

  /** Puts a child into an array or object, as the others stand: each on its line, or all on one. */
  private add(parent: Node | undefined, first: boolean, written: (style: Style) => string): void {
    if (parent === undefined) throw new Error(`${this.name} has nothing to put this into`);
    const children = parent.children ?? [];
    const neighbour = first ? children[0] : children.at(-1);
    const outer = this.indentAt(parent.offset);
    const isOnLines = neighbour === undefined || /\n/.test(this.content.slice(parent.offset, children[0]?.offset));
    const indent = isOnLines && neighbour !== undefined ? this.indentAt(neighbour.offset) : outer + this.unit;
    const text = written({ ...this.style, indent });
    const between = isOnLines ? this.newline + indent : " ";
    const put = (at: number, what: string): void => {
      this.content = this.content.slice(0, at) + what + this.content.slice(at);
    };
    if (neighbour === undefined) {
      const end = parent.offset + parent.length - 1;
      const inside = this.content.slice(parent.offset + 1, end).trimEnd();
      const rest = this.content.slice(end);
      this.content = `${this.content.slice(0, parent.offset + 1)}${inside}${between}${text}${this.newline}${outer}${rest}`;
    } else if (first) put(neighbour.offset, `${text},${between}`);
    else {
      const end = neighbour.offset + neighbour.length;
      // A comment behind it on its line is its own.
      const comment = /^[^\S\r\n]*(?:\/\/[^\r\n]*|\/\*.*?\*\/)?/.exec(this.content.slice(end))?.[0].trimEnd() ?? "";
      put(end + comment.length, between + text);
      put(end, ",");
    }
  }

  private get style(): Omit<Style, "indent"> {
    return { unit: this.unit, newline: this.newline };
  }

  /** What stands before the line of an offset. */
  private indentAt(offset: number): string {
    const line = this.content.lastIndexOf("\n", offset - 1) + 1;
    return /^[^\S\r\n]*/.exec(this.content.slice(line, offset))?.[0] ?? "";
  }
}

function nodeAt(text: string, path: JSONPath): Node | undefined {
  const root = parseTree(text);
  return root === undefined ? undefined : findNodeAtLocation(root, path);
}

interface Style {
  /** Of the line that the value begins on. */
  indent: string;
  unit: string;
  newline: string;
}

/** Longest line that a value may share with its name. */
const LINE = 100;

function inJson(value: unknown, style: Style): string {
  const line = inLine(value);
  if (line.length <= LINE || typeof value !== "object" || value === null) return line;
  const indent = style.indent + style.unit;
  const inner = { ...style, indent };
  const lines = Array.isArray(value)
    ? value.map((one) => inJson(one, inner))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${inJson(one, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const items = lines.map((item) => style.newline + indent + item).join(",");
  return `${open}${items}${style.newline}${style.indent}${close}`;
}

function inLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${JSON.stringify(name)}: ${inLine(one)}`)
    .join(", ")} }`;
}
