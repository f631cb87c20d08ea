import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, it } from "vitest";
import { isFreePort } from "./ports.ts";

it("tells a port that somebody listens on from a free one", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await isFreePort(port)).toBe(false);
  server.close();
  await once(server, "close");
  expect(await isFreePort(port)).toBe(true);
});
