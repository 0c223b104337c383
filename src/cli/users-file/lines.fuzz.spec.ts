import * as fc from 'fast-check';
import { anyJson, anyText, forAll, forAllAsync, mutated } from '../../../test/support/fuzz';
import { rename } from './field-names';
import { type Fields, parseLine } from './json-line';
import { type Line, MOST_BYTES, readLines } from './lines';
import { parseMoment } from './moment';

const long = fc
  .integer({ min: MOST_BYTES - 2, max: MOST_BYTES + 2 })
  .map((size) => Buffer.alloc(size, 'x'));
const bytes = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)) },
  {
    weight: 9,
    arbitrary: fc
      .string({ unit: fc.constantFrom('\n', '\r', 'a', '{}', '"'), maxLength: 30 })
      .map((text) => Buffer.from(text)),
  },
  { weight: 1, arbitrary: long },
);

async function linesOf(...chunks: Buffer[]): Promise<Line[]> {
  async function* file(): AsyncGenerator<Buffer> {
    yield* chunks;
  }
  const lines: Line[] = [];
  for await (const { number, bytes: line } of readLines(file()))
    lines.push({ number, bytes: line && Buffer.from(line) });
  return lines;
}

/** Of the first line, and of those that follow a newline. */
const parse = (text: string | Buffer, number = 1) =>
  parseLine({ number, bytes: Buffer.from(text) });

describe('the lines of a file', () => {
  it('are the same wherever it is cut into chunks, and together the file', async () => {
    const cuts = fc.array(fc.nat(), { maxLength: 6 });
    await forAllAsync([fc.array(bytes, { maxLength: 4 }), cuts], async (parts, places) => {
      const file = Buffer.concat(parts);
      const ends = [...places.map((place) => place % (file.length + 1)), file.length].toSorted(
        (a, b) => a - b,
      );
      const chunks = ends.map((end, at) => file.subarray(ends[at - 1] ?? 0, end));
      const lines = await linesOf(...chunks);
      expect(lines).toEqual(await linesOf(file));
      const wanted = file.toString('latin1').split('\n');
      if (wanted.at(-1) === '') wanted.pop();
      expect(lines.map(({ number }) => number)).toEqual(wanted.map((_, at) => at + 1));
      expect(lines.map(({ bytes: line }) => line?.toString('latin1') ?? null)).toEqual(
        wanted.map((line) => (line.length > MOST_BYTES ? null : line)),
      );
    });
  });
});

describe('a line', () => {
  const name = anyText(8).filter((text) => !text.includes('\0') && text.isWellFormed());
  const text = anyText().map((one) => one.replaceAll('\0', '').toWellFormed());
  const item = fc.oneof(
    text,
    fc.constantFrom(null, true, 0, 1.5),
    fc.array(text, { maxLength: 3 }),
  );
  const fields = fc.dictionary(name, item, { noNullPrototype: true });

  it('of an object is that object, however it is spaced', () => {
    forAll([fields, fc.constantFrom('', ' ', '\t', '\r')], (object, space) => {
      const json = space + JSON.stringify(object, null, space.trim() === '' ? space : '') + space;
      const oneLine = json.replaceAll('\n', ' ');
      expect(parse(oneLine)).toEqual({ kind: 'object', fields: JSON.parse(oneLine) });
    });
  });

  it('that gives a name twice is refused, however the name is written', () => {
    forAll([fields, fc.nat(), item], (object, which, second) => {
      const names = Object.keys(object);
      fc.pre(names.length > 0);
      const twice = names[which % names.length]!;
      const escaped = Array.from({ length: twice.length }, (_, at) => {
        const code = twice.charCodeAt(at).toString(16).padStart(4, '0');
        return String.raw`\u${code}`;
      }).join('');
      const json = `{"${escaped}":${JSON.stringify(second)},${JSON.stringify(object).slice(1)}`;
      expect(parse(json)).toMatchObject({ kind: 'refused', reason: { code: 'duplicate_field' } });
    });
  });

  it('of any bytes is an object, blank or refused with a reason that holds nothing of it', () => {
    const line = fields.map((object) => JSON.stringify(object));
    // A hash where a name should be, twice.
    const twice = name.map((key) => `{${JSON.stringify(key)}:1,${JSON.stringify(key)}:2}`);
    const odd = fc.oneof(
      anyText(),
      mutated(line),
      twice,
      anyJson(5).map((value) => JSON.stringify(value)),
    );
    const any = fc.oneof(
      odd.map((one) => Buffer.from(one)),
      fc.uint8Array().map((array) => Buffer.from(array)),
    );
    const codes = ['malformed', 'not_utf8', 'duplicate_field', 'invalid'];
    forAll([any, fc.constantFrom(1, 2)], (given, number) => {
      const parsed = parse(given, number);
      const reason = parsed.kind === 'refused' ? parsed.reason : null;
      expect([...codes, undefined]).toContain(reason?.code);
      expect(reason?.detail ?? 'is').toMatch(/^(is|holds) ?[a-zA-Z0-9 -]*$/);
      expect(reason?.field ?? 'a').toMatch(/^(\w{1,64}|a field)$/);
    });
  });

  it('under other names keeps every value, and refuses what it does not know', () => {
    const known = fc.constantFrom(
      'username',
      'hashed_password',
      'disabled',
      'google_id',
      'name',
      'full_name',
    );
    const line = fc.dictionary(fc.oneof(known, name), anyJson(2), { noNullPrototype: true });
    forAll([line, fc.boolean()], (given: Fields, ignores) => {
      const { fields: renamed, reasons } = rename(given, ignores);
      const unknown = reasons.filter(({ code }) => code === 'unknown_field');
      expect(ignores ? unknown : []).toEqual([]);
      const isKept = Object.keys(renamed).length + reasons.length;
      expect(isKept).toBeLessThanOrEqual(Object.keys(given).length);
      const isSaid = (key: string): boolean =>
        ![undefined, null, ''].includes(given[key] as string);
      const isTwice = isSaid('name') && isSaid('full_name');
      expect(reasons.some(({ code }) => code === 'duplicate_field')).toBe(isTwice);
      for (const reason of reasons) expect(reason.field).toMatch(/^(\w{1,64}|a field)$/);
      const { username, name: fullName } = { username: null, name: null, ...given };
      expect(renamed.username ?? null).toEqual(username === '' ? null : username);
      const isFull = fullName !== '' && !('full_name' in given);
      expect(isFull ? (renamed.full_name ?? null) : fullName).toEqual(fullName);
    });
  });
});

it('a moment of any text is null or a time from the year 0 to 9999 that stands in it', () => {
  const time = fc.date({
    min: new Date('0001-01-02T00:00:00Z'),
    max: new Date('9999-12-30T00:00:00Z'),
    noInvalidDate: true,
  });
  const zone = fc.constantFrom('Z', 'z', '', '+00', '+0200', ' -05:30', '+02:00');
  const written = fc
    .tuple(time, fc.constantFrom('T', ' ', 't'), zone)
    .map(([date, separator, at]) => date.toISOString().replace('T', separator).slice(0, -1) + at);
  forAll([fc.oneof(written, mutated(written), anyText())], (text) => {
    const moment = parseMoment(text);
    expect(moment?.toISOString() ?? '2026-').toMatch(/^\d{4}-/);
    const day = 86_400_000;
    const told = Date.parse(`${text.slice(0, 10)}T00:00Z`);
    expect(moment === null || Math.abs(moment.getTime() - told) < 2 * day).toBe(true);
  });
  forAll([time, zone], (date, at) => {
    const offsets: Record<string, number> = { '+0200': 120, ' -05:30': -330, '+02:00': 120 };
    const offset = offsets[at] ?? 0;
    const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
    expect(parseMoment(local + at)).toEqual(date);
  });
});
