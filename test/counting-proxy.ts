import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy that counts what passes through it. */
export interface CountingProxy {
  /** `host:port` to give to a client instead of the real one. */
  host: string;
  /** Bytes so far, in both directions. */
  bytes(): number;
  /** Drops every connection and takes no more, as a database that is out of reach. */
  close(): Promise<void>;
}

/** Starts a proxy in front of a server on this machine. */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const [host = "127.0.0.1", port = ""] = target.split(":");
  const sockets = new Set<Socket>();
  let bytes = 0;
  const relay = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on("data", (chunk) => {
      bytes += chunk.length;
      to.write(chunk);
    });
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    relay(client, upstream);
    relay(upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
