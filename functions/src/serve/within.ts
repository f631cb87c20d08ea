/** Waits for work, but not longer than this. Whether it succeeded is not told; a failure of it is not raised here. */
export async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms));
  });
  await Promise.race([work.catch(() => {}), patience]);
  clearTimeout(timer);
}
