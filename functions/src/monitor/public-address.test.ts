import { describe, expect, it } from "vitest";
import { isLoopback, isPublicAddress } from "./public-address.ts";

describe("an address on the internet", () => {
  it.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82a::200e",
    "2001:4860:4860::8888",
  ])("is %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ["this network", "0.0.0.0"],
    ["private", "10.0.0.1"],
    ["private", "172.16.0.0"],
    ["private", "172.31.255.255"],
    ["private", "192.168.1.1"],
    ["loopback", "127.0.0.1"],
    ["loopback by another name", "127.255.255.254"],
    ["link-local", "169.254.0.1"],
    ["the metadata server", "169.254.169.254"],
    ["CGNAT", "100.64.0.0"],
    ["CGNAT", "100.127.255.255"],
    ["protocol assignments", "192.0.0.8"],
    ["documentation", "192.0.2.1"],
    ["documentation", "198.51.100.7"],
    ["documentation", "203.0.113.9"],
    ["6to4 relays", "192.88.99.1"],
    ["benchmarks", "198.19.255.255"],
    ["multicast", "224.0.0.1"],
    ["multicast", "239.255.255.255"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["unspecified", "::"],
    ["loopback", "::1"],
    ["mapped loopback", "::ffff:127.0.0.1"],
    ["a mapped private address", "::ffff:10.0.0.1"],
    ["a mapped private address in hex", "::ffff:a00:1"],
    ["a mapped public address", "::ffff:1.1.1.1"],
    ["an IPv4-compatible address", "::10.0.0.1"],
    ["NAT64", "64:ff9b::a00:1"],
    ["ULA", "fc00::1"],
    ["ULA", "fd12:3456:789a::1"],
    ["link-local", "fe80::1"],
    ["site-local", "fec0::1"],
    ["multicast", "ff02::1"],
    ["Teredo", "2001:0:4136:e378::1"],
    ["documentation", "2001:db8::1"],
    ["6to4 of a private address", "2002:a00:1::1"],
    ["documentation", "3fff::1"],
    ["discard-only", "100::1"],
    ["a link-local address with a zone", "fe80::1%eth0"],
    ["a name", "localhost"],
    ["IPv4 in octal", "0177.0.0.1"],
    ["IPv4 as a number", "2130706433"],
    ["nothing", ""],
  ])("is not %s: %s", (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it("is of this machine when it is loopback", () => {
    expect(["127.0.0.1", "127.1.2.3", "::1"].filter((address) => !isLoopback(address))).toEqual([]);
    expect(["128.0.0.1", "::2", "127.0.0.1.example", "::ffff:127.0.0.1"].filter(isLoopback)).toEqual([]);
  });
});
