import { createHmac } from 'node:crypto';
import { v7 } from 'uuid';

/** Where the time ends in a UUIDv7 as text. */
const TIME_LENGTH = 14;

/**
 * An id for the user of one line: a UUIDv7 whose random bits are those of the line's content, so
 * that a line that was imported before is known again, whatever became of the user since. Under a
 * key: ids are public, and must not let anybody try out which address lies behind one.
 */
export function lineId(key: Buffer, content: string, createdAt: Date): string {
  const random = createHmac('sha256', key).update(content).digest().subarray(0, 16);
  return v7({ msecs: createdAt.getTime(), random });
}

/** Whether both ids are of the same line, which may have been imported at different times. */
export const areOfOneLine = (one: string, other: string): boolean =>
  one.slice(TIME_LENGTH) === other.slice(TIME_LENGTH);
