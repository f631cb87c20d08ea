import { once } from "node:events";
import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";

/** Documents by collection, as Firestore bills them. */
export interface Operations {
  /** Documents read, missing ones too; a query that finds nothing is one. */
  reads: Record<string, number>;
  /** Documents written, by commits that succeeded. */
  writes: Record<string, number>;
  /** Commits that failed. */
  refused: number;
}

/** A proxy in front of Firestore that reads along and counts. */
export interface FirestoreMeter {
  /** `host:port` to give to a client instead of the real one. */
  host: string;
  /** What has passed since it was asked last. */
  take(): Operations;
  /** Lets the next commit through, and breaks the connection in the place of its answer. */
  loseAnswer(): void;
  close(): Promise<void>;
}

/** Starts a meter in front of an emulator on this machine. It speaks gRPC without encryption, as emulators do. */
export async function firestoreMeter(target: string): Promise<FirestoreMeter> {
  let counted = nothing();
  const upstream = http2.connect(`http://${target}`);
  let losing = false;
  const isLost = (method: string): boolean => {
    const lost = losing && method === "Commit";
    if (lost) losing = false;
    return lost;
  };
  const server = http2.createServer();
  server.on("stream", (client, headers) => relay(client, headers, upstream, { counted: () => counted, isLost }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => {
      const taken = counted;
      counted = nothing();
      return taken;
    },
    loseAnswer: () => {
      losing = true;
    },
    close: async () => {
      upstream.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The sum over all collections. */
export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

function nothing(): Operations {
  return { reads: {}, writes: {}, refused: 0 };
}

function relay(
  client: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  upstream: http2.ClientHttp2Session,
  { counted, isLost }: { counted: () => Operations; isLost: (method: string) => boolean },
): void {
  const method = String(headers[":path"]).split("/").at(-1) ?? "";
  const sent: Buffer[] = [];
  const answered: Buffer[] = [];
  const lost = isLost(method);
  const request = upstream.request(headers);
  client.on("data", (chunk: Buffer) => {
    sent.push(chunk);
    request.write(chunk);
  });
  client.on("end", () => request.end());
  client.on("error", () => {
    // Where an answer is lost the request is none the less carried out, and counted.
    if (!lost) request.close();
  });
  request.on("error", () => client.close());
  let trailers: IncomingHttpHeaders = {};
  const finish = (status: unknown): void =>
    count(method, status === "0", messages(sent), messages(answered), counted());
  request.on("response", (response, flags) => {
    // An answer of trailers only, as errors are.
    const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (endStream) finish(response["grpc-status"]);
    if (lost) client.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    if (client.destroyed || client.closed) return;
    client.respond(response, { endStream, waitForTrailers: !endStream });
  });
  client.on("wantTrailers", () => client.sendTrailers(trailers));
  request.on("data", (chunk: Buffer) => {
    answered.push(chunk);
    if (!client.closed) client.write(chunk);
  });
  request.on("trailers", (last) => {
    trailers = last;
    finish(last["grpc-status"]);
  });
  request.on("end", () => {
    if (!client.closed) client.end();
  });
}

function count(method: string, ok: boolean, sent: Buffer[], answered: Buffer[], counted: Operations): void {
  const add = (counts: Record<string, number>, of: string, more = 1) => {
    counts[of] = (counts[of] ?? 0) + more;
  };
  switch (method) {
    case "Commit":
    case "BatchWrite":
      // CommitRequest.writes = 2; Write.update = 1, .delete = 2.
      if (!ok) counted.refused++;
      else for (const write of sent.flatMap((message) => members(message, 2))) add(counted.writes, collectionIn(write));
      return;
    case "BatchGetDocuments":
      // BatchGetDocumentsResponse.found = 1, .missing = 2.
      for (const message of answered) {
        for (const found of [...members(message, 1), ...members(message, 2)]) add(counted.reads, collectionIn(found));
      }
      return;
    case "RunQuery": {
      // RunQueryResponse.document = 1.
      const found = answered.flatMap((message) => members(message, 1));
      for (const document of found) add(counted.reads, collectionIn(document));
      if (found.length === 0) add(counted.reads, "(queries that found nothing)");
      return;
    }
    case "RunAggregationQuery":
      add(counted.reads, "(aggregations)");
      return;
    case "BeginTransaction":
    case "Rollback":
      return;
    default:
      add(counted.reads, `(${method})`);
  }
}

/** gRPC's messages in a stream: a byte of flags, four of length. */
function messages(chunks: readonly Buffer[]): Buffer[] {
  const all = Buffer.concat(chunks);
  const found: Buffer[] = [];
  for (let at = 0; at + 5 <= all.length; ) {
    const length = all.readUInt32BE(at + 1);
    if (all[at] !== 0) throw new Error("compressed messages cannot be counted");
    found.push(all.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return found;
}

/** The members of a protobuf message that have this number and are messages or text themselves. */
function members(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    switch (tag & 7) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (Math.floor(tag / 8) === wanted) found.push(message.subarray(at, at + length));
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error(`wire type ${tag & 7} is not in proto3`);
    }
  }
  return found;
}

/** The collection of the first document that a message names, `projects/…/documents/COLLECTION/…`. */
function collectionIn(message: Buffer): string {
  return /\/documents\/([^/]+)\//.exec(message.subarray(0, 300).toString("latin1"))?.[1] ?? "?";
}
