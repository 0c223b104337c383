/** A longer line is no user: it is skipped without being held. */
export const MOST_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

export interface Line {
  /** From 1, as editors count. */
  readonly number: number;
  /** Without the newline; null where there are more than `MOST_BYTES`. */
  readonly bytes: Buffer | null;
}

/** The lines of a file of any size, in the memory of one. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 1;
  let parts: Buffer[] = [];
  let size = 0;
  const line = (): Line => ({ number, bytes: size > MOST_BYTES ? null : joined(parts) });
  for await (const chunk of chunks) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, end === -1 ? undefined : end);
      size += part.length;
      if (size > MOST_BYTES) parts = [];
      else parts.push(part);
      if (end === -1) break;
      yield line();
      number++;
      parts = [];
      size = 0;
      start = end + 1;
    }
  }
  if (size > 0) yield line();
}

/** Most lines lie within a chunk, and need no copy. */
const joined = (parts: readonly Buffer[]): Buffer =>
  parts.length === 1 ? parts[0]! : Buffer.concat(parts);
