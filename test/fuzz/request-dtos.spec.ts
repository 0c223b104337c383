import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { getMetadataStorage } from 'class-validator';
import * as fc from 'fast-check';
import { ValidationFailedError } from '../../src/common/http/http.errors';
import { RequestValidationPipe } from '../../src/common/http/validation.pipe';
import { anyJson, anyText, forAllAsync } from '../support/fuzz';
import {
  anyObject,
  type Schema,
  validObject,
  wrongFor,
  wrongInQuery,
} from './support/schema-values';

type Class = new () => object;

const SOURCES = join(__dirname, '../../src');
/** Of the form for tokens: taken and not used, or with another grant only. */
const UNUSED = ['client_id', 'client_secret', 'scope', 'grant_type'];
const RUNS = 120;

const isRequest = (thing: unknown): thing is Class =>
  typeof thing === 'function' &&
  getMetadataStorage().getTargetValidationMetadatas(thing, '', false, false).length > 0;

/** Every class that a body or a query is held to. Those of the command line read files. */
const REQUESTS: readonly Class[] = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.dto.ts') && !path.startsWith('cli/'))
  .flatMap((path) => Object.values(require(join(SOURCES, path)) as object))
  .filter(isRequest);

const isQuery = ({ name }: Class): boolean => name.startsWith('List');

/** What the documentation says of a class: read as Swagger reads it. */
function schemaOf({ prototype }: Class): Schema {
  const all = Reflect.getMetadata('swagger/apiModelPropertiesArray', prototype) as string[];
  const isUnused = (name: string): boolean =>
    UNUSED.includes(name) || (all.includes(':grant_type') && name === 'refresh_token');
  const names = all.filter((name) => !isUnused(name.slice(1)));
  const fields = names.map((name) => {
    const { type, required, ...rest } = Reflect.getMetadata(
      'swagger/apiModelProperties',
      prototype,
      name.slice(1),
    ) as Omit<Schema, 'type' | 'required'> & { type: unknown; required?: boolean };
    const typeName = typeof type === 'function' ? type.name.toLowerCase() : type;
    return {
      name: name.slice(1),
      isRequired: required !== false,
      field: { ...rest, type: typeName },
    };
  });
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, field }) => [name, field as Schema])),
    required: fields.filter(({ isRequired }) => isRequired).map(({ name }) => name),
  };
}

const pipe = new RequestValidationPipe();
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addFormat('email', /^[^\s@]+@[^\s@]+$/);

/** Null counts as left out wherever a field may be. */
function closed({ properties = {}, required = [] }: Schema): object {
  const fields = Object.entries(properties).map(([name, field]) => [
    name,
    required.includes(name) ? field : { anyOf: [{ enum: [null] }, field] },
  ]);
  const unused = UNUSED.map((name) => [name, {}]);
  return {
    type: 'object',
    properties: Object.fromEntries([...fields, ...unused]),
    additionalProperties: false,
  };
}

const held = (type: Class, value: unknown): Promise<unknown> =>
  pipe
    .transform(value, { type: isQuery(type) ? 'query' : 'body', metatype: type })
    .catch((error: unknown) => error);

/** As JSON carries it: without what is undefined, times as text. */
const onWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** A query has texts only. */
const asQuery = (fields: object): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(asText) : asText(value),
    ]),
  );

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

const asSent = (type: Class, fields: object): object => (isQuery(type) ? asQuery(fields) : fields);

/** That this one is an address of the web is not said in the schema, since it may be empty too. */
const withAddress = <T extends object>(body: T): T =>
  'avatar_url' in body ? { ...body, avatar_url: 'https://example.com/a?b=%20' } : body;

it('there are requests to hold to their documentation', () => {
  expect(REQUESTS.length).toBeGreaterThan(20);
  expect(REQUESTS.map(({ name }) => name)).toContain('RegisterDto');
});

describe.each(REQUESTS.map((type) => [type.name, type] as const))('%s', (_, type) => {
  const schema = schemaOf(type);
  const names = Object.keys(schema.properties!);
  const isDocumented = ajv.compile(closed(schema));
  const valid = validObject(schema).map((body) => asSent(type, withAddress(body)));
  const wrong = isQuery(type) ? wrongInQuery : wrongFor;
  const wrongField = fc
    .constantFrom(...names)
    .chain((name) => wrong(schema.properties![name]!).map((value) => ({ [name]: value })));
  const spoilt = fc.tuple(valid, wrongField).map(([body, fault]) => ({ ...body, ...fault }));
  const loose = anyObject(names).map((body) => asSent(type, body));
  const hostile = fc.oneof(anyJson(), loose, spoilt);

  it('takes what keeps the documented bounds as it is but for tidying, twice as once', async () => {
    const body = fc.oneof(valid, spoilt, loose);
    await forAllAsync(
      [body],
      async (given) => {
        const taken = await held(type, given);
        if (!(taken instanceof type)) return;
        isDocumented(onWire(taken));
        expect(isDocumented.errors ?? []).toEqual([]);
        expect(await held(type, asSent(type, onWire(taken) as object))).toEqual(taken);
      },
      { runs: RUNS },
    );
  });

  it('takes whatever its documentation calls good', async () => {
    await forAllAsync(
      [valid],
      async (body) => {
        const taken = await held(type, body);
        expect([(taken as ValidationFailedError).errors, taken]).toEqual([
          undefined,
          expect.any(type),
        ]);
      },
      { runs: RUNS },
    );
  });

  it('refuses a field beyond its documented bounds, and names it', async () => {
    await forAllAsync(
      [valid, wrongField],
      async (body, fault) => {
        const [name] = Object.keys(fault);
        const refusal = await held(type, { ...body, ...fault });
        expect(refusal).toBeInstanceOf(ValidationFailedError);
        const pointers = (refusal as ValidationFailedError).errors.map(({ pointer }) => pointer);
        expect(pointers.map((pointer) => pointer.split('/')[1])).toContain(name);
      },
      { runs: RUNS },
    );
  });

  it('makes of any JSON itself or a refusal whose pointers lead into it', async () => {
    await forAllAsync(
      [hostile],
      async (body) => {
        const outcome = await held(type, body);
        const known = new Set(['', ...names.map((name) => `/${name}`), ...pointersOf(body)]);
        const errors = outcome instanceof type ? [] : (outcome as ValidationFailedError).errors;
        const isOne = outcome instanceof type || outcome instanceof ValidationFailedError;
        expect([isOne, errors.filter(({ pointer }) => !known.has(pointer))]).toEqual([true, []]);
        expect(errors.filter(({ detail }) => !/^[a-z][^\n]+$/.test(detail))).toEqual([]);
      },
      { runs: RUNS },
    );
  });

  it('repeats no value that it refuses', async () => {
    const mark = 'Xq7-do-not-repeat-me';
    const text = anyText(6).map((other) => other + mark);
    const value = fc.oneof(text, fc.array(text), fc.record({ a: text }));
    const body = fc.dictionary(fc.oneof(fc.constantFrom(...names), anyText(6)), value);
    await forAllAsync(
      [body],
      async (given) => {
        const outcome = await held(type, given);
        const said = outcome instanceof ValidationFailedError ? outcome.errors : [];
        expect(JSON.stringify(said)).not.toContain(mark);
      },
      { runs: RUNS },
    );
  });
});

/** RFC 6901, with names as the service cuts them. */
function pointersOf(value: unknown, parent = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const token = name.slice(0, 64).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');
    const here = `${parent}/${token}`;
    return [here, ...pointersOf(item, here)];
  });
}
