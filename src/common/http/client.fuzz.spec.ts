import * as fc from 'fast-check';
import type { FastifyRequest } from 'fastify';
import { anyText, forAll, storableText } from '../../../test/support/fuzz';
import { clientOf } from './client';
import { isStorable } from './validation.pipe';

const clientWith = (userAgent: string | undefined, ip = '127.0.0.1') =>
  clientOf({ headers: { 'user-agent': userAgent }, ip, id: 'r-1' } as FastifyRequest);

/** Where a cut falls between the halves of a pair. */
const long = fc.string({ unit: fc.constantFrom('a', '😀'), minLength: 240, maxLength: 600 });

it('any user agent becomes at most 512 characters that Postgres can store', () => {
  forAll([fc.oneof(anyText(600), long)], (given) => {
    const { userAgent } = clientWith(given);
    expect(userAgent ?? '').toHaveLength(Math.min(given.replaceAll('\0', '').length, 512));
    expect(isStorable(userAgent ?? '')).toBe(true);
  });
});

it('a user agent that can be stored as it is stays as it is', () => {
  forAll([storableText(500).filter(({ length }) => length > 0 && length <= 512)], (given) => {
    expect(clientWith(given).userAgent).toBe(given);
  });
});

it('any address becomes at most 64 characters that Postgres can store', () => {
  forAll([fc.oneof(anyText(100), long)], (given) => {
    const { ip } = clientWith(undefined, given);
    expect(ip.length).toBeLessThanOrEqual(64);
    expect(isStorable(ip)).toBe(true);
  });
});
