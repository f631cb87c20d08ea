import { BlockList, isIP, isIPv4 } from "node:net";

/**
 * IPv4 networks that no site on the internet lies in: private, loopback, link-local (with the metadata server of clouds), shared by
 * carriers (CGNAT), documentation, benchmarks, multicast, reserved. IANA IPv4 Special-Purpose Address Registry.
 */
const NOT_PUBLIC_4: readonly [network: string, bits: number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** What of IPv6's global unicast 2000::/3 is not public: protocol assignments with Teredo, documentation, and 6to4, which holds an IPv4 address. */
const NOT_PUBLIC_6: readonly [network: string, bits: number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const notPublic4 = listOf(NOT_PUBLIC_4, "ipv4");
const notPublic6 = listOf(NOT_PUBLIC_6, "ipv6");
const global6 = listOf([["2000::", 3]], "ipv6");

/**
 * True for an address on the internet. Of IPv6 only global unicast is: neither loopback, link-local, unique local (ULA) and
 * multicast addresses, nor those that stand for an IPv4 address (mapped, NAT64).
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic4.check(address, "ipv4");
  return isIP(address) === 6 && global6.check(address, "ipv6") && !notPublic6.check(address, "ipv6");
}

/** True for an address of this very machine. */
export function isLoopback(address: string): boolean {
  return address === "::1" || (isIPv4(address) && address.startsWith("127."));
}

function listOf(networks: readonly [string, number][], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, family);
  return list;
}
