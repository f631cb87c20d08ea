import { describe, expect, it, vi } from "vitest";
import { openModule } from "./wasm.ts";

describe("openModule", () => {
  it("adds no listeners to the process and prints nothing", async () => {
    const before = process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const prints = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
    const logs = [vi.spyOn(console, "log"), vi.spyOn(console, "warn"), vi.spyOn(console, "error")];
    await openModule();
    await openModule();
    for (const spy of [...prints, ...logs]) expect(spy).not.toHaveBeenCalled();
    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(before);
  });

  it("gives instances that share no memory", async () => {
    const [a, b] = await Promise.all([openModule(), openModule()]);
    const pointer = a._malloc(16);
    expect(b._malloc(16)).toBe(pointer);
    a.HEAPU8[pointer] = 7;
    b.HEAPU8[pointer] = 8;
    expect(a.HEAPU8[pointer]).toBe(7);
  });

  it("compiles at the first use, and once, however many ask at a time", async () => {
    vi.resetModules();
    const compile = vi.spyOn(
      Reflect.get(globalThis, "WebAssembly") as { compile(bytes: Uint8Array): object },
      "compile",
    );
    const fresh = await import("./wasm.ts");
    expect(compile).not.toHaveBeenCalled();
    await Promise.all([fresh.openModule(), fresh.openModule()]);
    await fresh.openModule();
    expect(compile).toHaveBeenCalledOnce();
  });
});
