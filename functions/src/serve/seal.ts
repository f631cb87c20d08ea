import { canonicalJson, sha256 } from "../shared/canonical.ts";
import { Routing } from "./schema.ts";

/** The routing with its seal, as the store writes it. */
export function sealed(routing: Routing): Routing {
  return { ...routing, seal: sealOf(routing) };
}

/** A stored routing that is valid and whose seal is whole: what the store has written, and nobody has touched since. */
export function openSealed(stored: unknown): Routing | undefined {
  const parsed = Routing.safeParse(stored);
  if (!parsed.success) return undefined;
  return parsed.data.seal === sealOf(parsed.data) ? parsed.data : undefined;
}

function sealOf({ seal: _seal, ...rest }: Routing): string {
  return sha256(canonicalJson(rest));
}
