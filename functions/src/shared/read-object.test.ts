import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type File, Storage } from "@google-cloud/storage";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readObject } from "./read-object.ts";

let server: Server | undefined;

afterEach(() => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  server?.close();
});

/** An object of a Storage that is a real server, and how often it was asked for it. */
async function object(answer: (n: number) => RequestListener): Promise<{ file: File; asked: () => number }> {
  let n = 0;
  server = createServer((request, response) => answer(++n)(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const apiEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv("STORAGE_EMULATOR_HOST", apiEndpoint);
  return { file: new Storage({ projectId: "demo", apiEndpoint }).bucket("b").file("f"), asked: () => n };
}

const whole: RequestListener = (_, response) => void response.writeHead(200).end("all of it");
const brokenOff: RequestListener = (request, response) => {
  response.writeHead(200, { "content-length": 9 }).write("all", () => request.socket.resetAndDestroy());
};

describe("an object", () => {
  it("that breaks off is read again", async () => {
    const { file, asked } = await object((n) => (n < 3 ? brokenOff : whole));
    expect(Buffer.from(await readObject(file)).toString()).toBe("all of it");
    expect(asked()).toBe(3);
  });

  it("that breaks off again and again is an error", async () => {
    const { file, asked } = await object(() => brokenOff);
    await expect(readObject(file)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(asked()).toBe(3);
  });

  it("that is not there is not asked for twice", async () => {
    const { file, asked } = await object(() => (_, response) => void response.writeHead(404).end("none"));
    await expect(readObject(file)).rejects.toMatchObject({ code: 404 });
    expect(asked()).toBe(1);
  });
});
