/** A counted document as the fold means it: when it expires hangs on the clock of its last write alone. */
export function withoutExpiry(doc: { data(): Record<string, unknown> | undefined }): Record<string, unknown> {
  const { expire_at: _, ...counted } = doc.data() ?? {};
  return counted;
}
