import * as fc from 'fast-check';
import { anyJson, anyText } from '../../support/fuzz';

/** As much of OpenAPI 3.0's schema object as the service uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly nullable?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

const LONGEST = 200;

const instant = fc
  .tuple(
    fc.date({
      min: new Date('1970-01-01T00:00:00Z'),
      max: new Date('2200-01-01T00:00:00Z'),
      noInvalidDate: true,
    }),
    fc.constantFrom('Z', '+02:00', '-05:30'),
  )
  .map(([date, zone]) => `${date.toISOString().slice(0, -1)}${zone}`);

/** Letters that nobody forbids, of one, two, three and four bytes. */
const LETTERS = fc.constantFrom('a', 'Z', '7', '.', 'ß', 'é', '한', '😀');

const NAMING = fc.constantFrom('a', 'É', 'e\u0301', 'J\u030c', 'ẞ', 'İ', 'Σ', '한');

function texts({ format, pattern, minLength = 0, maxLength = LONGEST }: Schema) {
  if (pattern) return fc.stringMatching(new RegExp(pattern));
  if (format === 'email') return emails;
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return instant;
  const usual = Math.max(minLength, Math.min(maxLength, LONGEST));
  return fc.oneof(
    fc.string({ unit: LETTERS, minLength: Math.max(1, minLength), maxLength: usual }),
    fc.nat(1).map((less) => '😀'.repeat(maxLength - less)),
  );
}

/** RFC 6531: in letters of any script, some of which have another case or another spelling. */
const emails = fc
  .tuple(
    fc.oneof(
      fc.stringMatching(/^[a-z][a-z0-9]{0,9}([._+-][a-z0-9]{1,9})?$/),
      fc.string({ unit: NAMING, minLength: 1, maxLength: 6 }),
    ),
    fc.nat(9999),
  )
  .map(([name, number]) => `${name}@host${number}.example.com`);

/** What the schema takes and, as far as it can tell, the service. */
export function validFor(schema: Schema): fc.Arbitrary<unknown> {
  const { type, minimum = 0, maximum = 2 ** 31, example } = schema;
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const values: fc.Arbitrary<unknown>[] = [];
  if (type === 'boolean') values.push(fc.boolean());
  else if (type === 'integer') values.push(fc.integer({ min: minimum, max: maximum }));
  else if (type === 'object') values.push(validObject(schema));
  else values.push(texts(schema));
  if (schema.nullable) values.push(fc.constant(null));
  if (example !== undefined && type !== 'object') values.push(fc.constant(example));
  return fc.oneof(...values);
}

/** All that is required and some of the rest. */
export function validObject({ properties = {}, required = [] }: Schema) {
  const fields = Object.entries(properties).map(
    ([name, field]) => [name, validFor(field)] as const,
  );
  return fc.record(Object.fromEntries(fields), {
    requiredKeys: [...required],
    noNullPrototype: true,
  });
}

/** What the schema does not take, each by one thing. */
export function wrongFor(schema: Schema): fc.Arbitrary<unknown> {
  const { type, minLength = 0, maxLength, minimum, maximum } = schema;
  const number = fc.oneof(fc.double(), fc.maxSafeInteger());
  const values: fc.Arbitrary<unknown>[] = [
    fc.array(anyJson(1), { minLength: 1 }),
    fc.dictionary(anyText(8), anyJson(1), { minKeys: 1, noNullPrototype: true }),
  ];
  if (type !== 'boolean') values.push(fc.boolean());
  if (type !== 'integer') values.push(number.filter(Number.isFinite));
  if (type !== 'string' || schema.enum) values.push(anyText().filter((text) => !reads(text)));
  if (type === 'integer' && minimum !== undefined) values.push(fc.constant(minimum - 1));
  if (type === 'integer' && maximum !== undefined) values.push(fc.constant(maximum + 1), fractions);
  if (type === 'string' && maxLength !== undefined) values.push(tooLong(maxLength));
  if (type === 'string' && minLength > 0) values.push(fc.constant('x'.repeat(minLength - 1)));
  if (type === 'string') values.push(fc.constantFrom('a\0b', 'a\ud800b', '\udfff'));
  return fc.oneof(...values);
}

const fractions = fc.constantFrom(1.5, 1e-7, -0.5);

/** True, false, numbers and choices: what a query would be read as. */
const reads = (text: string): boolean => /^(true|false|\d+|[a-z_-]+)$/.test(text.trim());

/** Letters that some count as none among them. */
const tooLong = (most: number) =>
  fc
    .constantFrom('a', '😀', '\ufe0f', 'a\ufe0f', '\u0301', '\u200d')
    .map((letter) => letter.repeat(Math.ceil((most + 1) / Array.from(letter).length)));

/** As `wrongFor`, of what a query can say: texts, or several of them where a name comes twice. */
export function wrongInQuery(schema: Schema): fc.Arbitrary<string | string[]> {
  const { type, minimum = 0, maximum = 0, maxLength } = schema;
  const values: fc.Arbitrary<string | string[]>[] = [
    fc.array(fc.constantFrom('1', 'true', 'ada'), { minLength: 2, maxLength: 3 }),
    fc.constantFrom('a\0b', 'a\ud800b'),
  ];
  if (type !== 'string' || schema.enum || schema.format)
    values.push(anyText().filter((text) => !reads(text)));
  if (type === 'integer') values.push(fc.constantFrom(`${minimum - 1}`, `${maximum + 1}`, '1.5'));
  if (type === 'string' && maxLength !== undefined) values.push(tooLong(maxLength));
  return fc.oneof(...values);
}

/** Any object at all with fields of these names, and more. */
export function anyObject(names: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const name = fc.oneof(fc.constantFrom(...names, 'id', 'role'), anyText(12));
  return fc.dictionary(name, anyJson(), { maxKeys: 6, noNullPrototype: true });
}
