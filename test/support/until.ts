import { setTimeout } from 'node:timers/promises';

/** Polls until `probe` gives something; fails only when the whole test runs out of time. */
export async function until<T>(probe: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await probe();
    if (found) return found;
    await setTimeout(10);
  }
}
