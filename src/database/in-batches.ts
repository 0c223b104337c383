/**
 * Everything that `list` has, read batch by batch as it is asked for: no more than `size` is in
 * memory, and no connection is held between two batches. `list` goes on behind the row it is given.
 */
export async function* inBatches<T>(
  size: number,
  list: (after: T | null, most: number) => Promise<readonly T[]>,
): AsyncGenerator<T> {
  for (let after: T | null = null; ;) {
    const batch: readonly T[] = await list(after, size);
    yield* batch;
    if (batch.length < size) return;
    after = batch.at(-1)!;
  }
}
