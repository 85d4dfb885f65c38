/** Looks again and again until it is `good`: the value. Throws after a minute, with what was seen last. */
export async function until<T>(look: () => Promise<T>, good: (value: T) => boolean, what: string): Promise<T> {
  for (const begin = performance.now(); ; ) {
    const value = await look();
    if (good(value)) return value;
    if (performance.now() - begin > 60_000) throw new Error(`in vain: ${what}: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
