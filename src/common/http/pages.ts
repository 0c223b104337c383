import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ValidationFailedError } from './http.errors';

/** The sort key of a row and what tells rows apart that share it, as text. */
export type Position = readonly (string | null)[];

/** Of `list`: its name, filters and order. Short, since it guards against mistakes, not attacks. */
const digestOf = (list: unknown): string =>
  createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 12);

/** An opaque name for a position in one list with its filters and order. */
export const cursorAt = (list: unknown, position: Position): string =>
  Buffer.from(JSON.stringify([digestOf(list), ...position])).toString('base64url');

/**
 * The position that `cursor` names. Anybody can write one, so `isPosition` says what the list takes.
 * @throws ValidationFailedError for one that is garbled, or of another list, filter or order
 */
export function readCursor<P extends Position>(
  list: unknown,
  cursor: string,
  isPosition: (position: Position) => position is P,
): P {
  const [, ...position] = parsed(cursor);
  // To the letter, with the digest: base64 and JSON have many spellings of one thing.
  const isWritten = cursorAt(list, position) === cursor;
  if (isWritten && isPosition(position)) return position;
  throw new ValidationFailedError([
    { pointer: '/cursor', detail: 'is not a cursor of this list; start again without it' },
  ]);
}

const isText = (part: unknown): boolean => part === null || typeof part === 'string';

function parsed(cursor: string): Position {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) && value.every(isText) ? (value as Position) : [];
  } catch {
    return [];
  }
}

/**
 * RFC 8288, for the header `Link`: the same request with `cursor` for where it began. The address
 * is what we are known by, never what the request says its host is.
 */
export function linkToNext(
  { query, routeOptions }: Pick<FastifyRequest, 'query' | 'routeOptions'>,
  backendUrl: string,
  cursor: string,
): string {
  const { skip: _, ...kept } = query as Record<string, string>;
  const parameters = new URLSearchParams({ ...kept, cursor }).toString();
  return `<${backendUrl}${routeOptions.url}?${parameters}>; rel="next"`;
}
