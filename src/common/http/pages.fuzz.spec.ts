import * as fc from 'fast-check';
import { anyJson, anyText, forAll, mutated } from '../../../test/support/fuzz';
import { ValidationFailedError } from './http.errors';
import { cursorAt, linkToNext, type Position, readCursor } from './pages';

const part = fc.option(anyText(), { nil: null });
const position = fc.array(part, { maxLength: 4 });
const list = fc.tuple(fc.constantFrom('users', 'mails'), anyJson());
const isAny = (given: Position): given is Position => Array.isArray(given);

const refusal = expect.any(ValidationFailedError);
function read(given: unknown, cursor: string): unknown {
  try {
    return readCursor(given, cursor, isAny);
  } catch (error) {
    return error;
  }
}

it('a cursor brings any position back, in letters that a URL takes as they are', () => {
  forAll([list, position], (given, at) => {
    const cursor = cursorAt(given, at);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(readCursor(given, cursor, isAny)).toEqual(at);
  });
});

it('a cursor of one list is refused by every other', () => {
  forAll([list, list, position], (one, other, at) => {
    fc.pre(JSON.stringify(one) !== JSON.stringify(other));
    expect(read(other, cursorAt(one, at))).toEqual(refusal);
  });
});

it('any other text is refused, unless it is to the letter what would have been written', () => {
  const genuine = position.map((at) => cursorAt(['users'], at));
  const asJson = anyJson().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
  const spaced = position.map((at) => {
    const [digest] = JSON.parse(Buffer.from(cursorAt(['users'], at), 'base64url').toString());
    return Buffer.from(JSON.stringify([digest, ...at], null, 1)).toString('base64url');
  });
  const bytes = fc.uint8Array().map((array) => {
    const [digest] = JSON.parse(Buffer.from(cursorAt(['users'], []), 'base64url').toString());
    const parts = [Buffer.from(`["${digest}","`), array, Buffer.from('"]')];
    return Buffer.concat(parts).toString('base64url');
  });
  forAll([fc.oneof(anyText(60), asJson, spaced, bytes, mutated(genuine))], (cursor) => {
    const found = read(['users'], cursor);
    const isOurs = Array.isArray(found) && cursorAt(['users'], found) === cursor;
    expect(isOurs ? refusal : found).toEqual(refusal);
  });
});

it('the link to the next page lets no parameter end it or begin a header', () => {
  const query = fc.dictionary(anyText(), anyText(), { maxKeys: 5, noNullPrototype: true });
  forAll([query, position], (given, at) => {
    const request = { query: given, routeOptions: { url: '/api/v1/users' } } as never;
    const cursor = cursorAt(['users'], at);
    const link = linkToNext(request, 'https://api.example.com', cursor);
    const [, url] = /^<(https:\/\/api\.example\.com\/api\/v1\/users\?[!-~]*)>; rel="next"$/.exec(
      link,
    )!;
    expect(url).not.toMatch(/[<>",;]/);
    expect(new URL(url!).searchParams.getAll('cursor')).toEqual([cursor]);
    expect(new URL(url!).searchParams.has('skip')).toBe(false);
  });
});
