/** A query as it stands in the source. */
export interface QueryShape {
  file: string;
  line: number;
  /** Name of the collection, undefined if it cannot be told from the file. */
  collection: string | undefined;
  /** Fields compared by `==`. */
  equal: string[];
  /** Fields that are ordered or bounded, in order, `__name__` among them. */
  ordered: { field: string; order: "ASCENDING" | "DESCENDING" }[];
  limited: boolean;
}

interface Call {
  name: string;
  args: string;
  end: number;
}

/** The queries of a source file: every chain of calls with a `where` or an `orderBy` in it. */
export function queryShapes(file: string, source: string, constants: ReadonlyMap<string, string>): QueryShape[] {
  const shapes: QueryShape[] = [];
  let from = 0;
  for (;;) {
    const start = source.slice(from).search(/\.(where|orderBy)\(/);
    if (start === -1) return shapes;
    const chain = callsFrom(source, from + start);
    const shape = shapeOf(chain);
    shapes.push({
      file,
      line: source.slice(0, from + start).split("\n").length,
      collection: collectionBefore(source.slice(0, from + start), source, constants),
      ...shape,
      limited: shape.limited || limitedByCallers(source.slice(0, from + start), source),
    });
    from = chain.at(-1)?.end ?? source.length;
  }
}

/** Named texts of a source file: `const NAME = "text"` and templates made of them. */
export function textConstants(source: string): Map<string, string> {
  return new Map(
    [...source.matchAll(/const (\w+) = ["`]([^"`]+)["`];/g)].map(([, name = "", text = ""]) => [name, text]),
  );
}

function callsFrom(source: string, start: number): Call[] {
  const calls: Call[] = [];
  let at = start;
  for (;;) {
    const head = /^\s*\.(\w+)\(/.exec(source.slice(at, at + 200));
    if (head === null) return calls;
    let depth = 1;
    let end = at + head[0].length;
    for (; depth > 0 && end < source.length; end++) {
      if (source[end] === "(") depth++;
      else if (source[end] === ")") depth--;
    }
    calls.push({ name: head[1] ?? "", args: source.slice(at + head[0].length, end - 1), end });
    at = end;
  }
}

function shapeOf(chain: readonly Call[]): Pick<QueryShape, "equal" | "ordered" | "limited"> {
  const equal: string[] = [];
  const ordered: QueryShape["ordered"] = [];
  for (const { name, args } of chain) {
    const field = /^\s*(?:"([^"]+)"|FieldPath\.documentId\(\))/.exec(args);
    const path = field === null ? "?" : (field[1] ?? "__name__");
    const order = /"desc"/.test(args) ? "DESCENDING" : "ASCENDING";
    const known = ordered.find((entry) => entry.field === path);
    if (name === "where" && /^[^,]*,\s*"=="/.test(args)) equal.push(path);
    else if (name === "orderBy" && known !== undefined) known.order = order;
    else if ((name === "where" || name === "orderBy") && known === undefined) ordered.push({ field: path, order });
  }
  return { equal, ordered, limited: chain.some(({ name }) => name === "limit" || name === "count") };
}

/** True for a query that a method returns and that every caller of the method limits. */
function limitedByCallers(before: string, source: string): boolean {
  const method = /(\w+)\(\)[^{};]*\{\s*return [^;]*$/.exec(before)?.[1];
  if (method === undefined) return false;
  const uses = [...source.matchAll(new RegExp(`this\\.${method}\\(\\)(\\s*\\.limit\\()?`, "g"))];
  return uses.length > 0 && uses.every((use) => use[1] !== undefined);
}

/** The collection that the text before a chain ends in: named on the spot, or by a constant or method of the file. */
function collectionBefore(before: string, source: string, constants: ReadonlyMap<string, string>): string | undefined {
  const direct = /\.collection\(([^()]*)\)\s*$/.exec(before)?.[1];
  if (direct !== undefined) return lastSegment(direct, constants);
  const root = /(\w+)(\(\))?\s*$/.exec(before)?.[1] ?? "";
  const named = new RegExp(`${root}(?: =|\\(\\)[^{;]*\\{\\s*return) [\\w.]*\\.collection\\(([^()]*)\\);`).exec(
    source,
  )?.[1];
  return named === undefined ? undefined : lastSegment(named, constants);
}

function lastSegment(argument: string, constants: ReadonlyMap<string, string>): string | undefined {
  const text = /^["`](.*)["`]$/.exec(argument.trim())?.[1] ?? constants.get(argument.trim());
  return text?.split("/").at(-1);
}
