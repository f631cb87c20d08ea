/** What a function costs that does nothing: parses the body as every function does, and answers. */
export function empty(_request: unknown, response: { json(body: unknown): void }): void {
  response.json({ ok: true });
}
