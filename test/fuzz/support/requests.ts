import * as fc from 'fast-check';
import { anyJson, anyText } from '../../support/fuzz';
import { type CallerKind, CALLERS } from './callers';
import type { Operation } from './operations';
import { anyObject, type Schema, validObject, wrongFor, wrongInQuery } from './schema-values';

/** A request with `$NAMES` in it for what belongs to whoever sends it. */
export interface WrittenRequest {
  readonly caller: CallerKind;
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly type: string; readonly text: string } | null;
  /** The payload of a forged token. */
  readonly forged: unknown;
}

const FORM = 'application/x-www-form-urlencoded';
type Fields = Record<string, unknown>;
type Pairs = [string, string][];

/** What a field of this name usually holds, in any request. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  username: ['$USERNAME', '$EMAIL'],
  password: ['$PASSWORD'],
  current_password: ['$PASSWORD'],
  refresh_token: ['$REFRESH'],
  token: ['$VERIFY', '$RESET', '$CHANGE', '$ACCESS'],
  code: ['$CODE'],
  email: ['$EMAIL'],
  avatar_url: ['https://example.com/ada.png', ''],
  redirect_to: ['http://localhost:3000/welcome', 'https://evil.example'],
  user: ['$ID', '$OTHER'],
};

const NOBODY = '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11';

/** What there is first, then what there may not be. */
function usualInPath(path: string, name: string): readonly [string, ...string[]] {
  if (name === 'provider') return ['google', 'acme', 'discord', 'nobody'];
  if (path.includes('/sessions/{')) return ['$SESSION', NOBODY];
  return path.includes('/mails/') ? ['$MAIL', NOBODY] : ['$OTHER', '$ID', NOBODY];
}

/** Whoever is made or renamed has a name and an address of their own. */
const USUAL_OF_NEW: Readonly<Record<string, readonly string[]>> = {
  username: ['$NEW'],
  email: ['$NEW@example.com'],
};
const namesSomebody = ({ path }: Operation): boolean =>
  /\/(register|create-user|users|users\/\{id\})$/.test(path);

function usualIn(operation: Operation, body: Fields): fc.Arbitrary<Fields> {
  const isNew = namesSomebody(operation);
  const values = Object.entries(body).map(([name, value]) => {
    const usual = (isNew ? USUAL_OF_NEW[name] : undefined) ?? USUAL[name] ?? [];
    return fc.constantFrom<unknown>(...usual, value);
  });
  const names = Object.keys(body);
  return fc
    .tuple(...values)
    .map((chosen) => Object.fromEntries(names.map((name, at) => [name, chosen[at]])));
}

const validFields = (operation: Operation, schema: Schema): fc.Arbitrary<Fields> =>
  validObject(schema).chain((body) => usualIn(operation, body));

/** Valid but for one field: wrong, missing, unknown. */
function nearlyValidFields(operation: Operation, schema: Schema): fc.Arbitrary<Fields> {
  const { properties = {} } = schema;
  const names = Object.keys(properties);
  const other = fc.tuple(anyText(12), anyJson(1)).map(([name, value]) => ({ [name]: value }));
  const wrong = fc
    .constantFrom(...names)
    .chain((name) => wrongFor(properties[name]!).map((value) => ({ [name]: value })));
  const spoilt = fc
    .tuple(validFields(operation, schema), fc.oneof(wrong, other))
    .map(([body, fault]) => ({ ...body, ...fault }));
  const without = fc
    .tuple(validFields(operation, schema), fc.constantFrom(...names))
    .map(([body, missing]) =>
      Object.fromEntries(Object.entries(body).filter(([name]) => name !== missing)),
    );
  return fc.oneof(spoilt, without);
}

const written = (type: string, fields: Fields): string => {
  if (type !== FORM) return JSON.stringify(fields);
  const pairs = Object.entries(fields).map(([name, value]) => [
    name.toWellFormed(),
    (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed(),
  ]);
  return new URLSearchParams(pairs as Pairs).toString().replaceAll('%24', '$');
};

const TYPES = [
  'application/json',
  FORM,
  'application/json; charset=utf-16',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/JSON;;',
  'x',
];

function bodies(operation: Operation, kind: 'valid' | 'nearly' | 'hostile') {
  if (!operation.body)
    return kind === 'hostile'
      ? fc.oneof(fc.constant(null), raw(anyJson().map((value) => JSON.stringify(value))))
      : fc.constant(null);
  const { type, schema } = operation.body;
  const as = (fields: fc.Arbitrary<Fields>) =>
    fields.map((body) => ({ type, text: written(type, body) }));
  if (kind === 'valid') return as(validFields(operation, schema));
  if (kind === 'nearly') return as(nearlyValidFields(operation, schema));
  const deep = fc
    .integer({ min: 20, max: 60 })
    .map((depth) => '['.repeat(depth) + ']'.repeat(depth));
  const polluting = fc.constant('{"__proto__":{"is_admin":true},"constructor":{"prototype":{}}}');
  const json = anyJson(4).map((value) => JSON.stringify(value));
  return fc.oneof(
    as(anyObject(Object.keys(schema.properties ?? {}))),
    fc.oneof(json, deep, polluting, anyText()).map((text) => ({ type, text })),
    raw(
      fc.oneof(
        as(validFields(operation, schema)).map(({ text }) => text),
        anyText(),
      ),
    ),
    fc.constant(null),
  );
}

const raw = (texts: fc.Arbitrary<string>) =>
  fc.record({ type: fc.constantFrom(...TYPES), text: texts });

function queries(operation: Operation, kind: 'valid' | 'nearly' | 'hostile'): fc.Arbitrary<Pairs> {
  const { query } = operation;
  const { properties = {} } = query;
  const names = Object.keys(properties);
  const valid = validFields(operation, query).map((fields) => pairsOf(fields));
  const any = fc.array(fc.tuple(anyText(10), anyText(20)), { maxLength: 3 });
  // What an authorization server would send, which the document need not name.
  const answer = fc
    .dictionary(fc.constantFrom('code', 'state', 'error', 'iss', 'token'), anyText(20))
    .map((fields) => Object.entries(fields));
  if (kind === 'hostile') return fc.oneof(any, answer);
  if (kind === 'valid' || names.length === 0) return valid;
  const wrong = fc
    .constantFrom(...names)
    .chain((name) => wrongInQuery(properties[name]!).map((value) => pairsOf({ [name]: value })));
  return fc.oneof(
    wrong,
    fc.tuple(valid, wrong).map(([one, other]) => [...one, ...other]),
  );
}

const pairsOf = (fields: Fields): Pairs =>
  Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  );

/** Latin-1 without controls: what else a header cannot hold. */
const headerValue = fc.string({
  unit: fc
    .oneof(fc.integer({ min: 0x21, max: 0x7e }), fc.integer({ min: 0xa1, max: 0xff }))
    .map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 60,
});
const oddHeaders = fc.dictionary(
  fc.constantFrom(
    'x-request-id',
    'user-agent',
    'accept',
    'accept-language',
    'x-forwarded-for',
    'x-csrf-token',
    'origin',
    'sec-fetch-site',
    'cookie',
    'if-none-match',
    'range',
  ),
  headerValue,
  { maxKeys: 4, noNullPrototype: true },
);

/** As whoever may do it, with all that is needed; of lists, the first page. */
export function validRequests(operation: Operation): fc.Arbitrary<WrittenRequest> {
  const ofFirstPage = ([name]: readonly string[]): boolean => name !== 'cursor' && name !== 'skip';
  const callers = ['admin', 'admin', 'admin', 'user', 'cookie', 'anonymous'] as const;
  return fc.record({
    caller: fc.constantFrom<CallerKind>(
      ...(isForServices(operation) ? ['service' as const] : callers),
    ),
    path: paths(operation, false),
    query: queries(operation, 'valid').map((pairs) => pairs.filter(ofFirstPage)),
    headers: fc.constant({}),
    body: bodies(operation, 'valid'),
    forged: fc.constant(null),
  });
}

const claims = fc.dictionary(
  fc.constantFrom('iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'nbf', 'exp', 'type'),
  anyJson(1),
  { noNullPrototype: true },
);

/** As anybody, with something wrong or nothing right. */
export function oddRequests(operation: Operation): fc.Arbitrary<WrittenRequest> {
  const kind = fc.constantFrom<'valid' | 'nearly' | 'hostile'>(
    'valid',
    'nearly',
    'nearly',
    'hostile',
  );
  return fc.tuple(kind, kind).chain(([ofBody, ofQuery]) =>
    fc.record({
      caller: fc.constantFrom(...CALLERS, 'admin', 'user'),
      path: paths(operation, true),
      query: queries(operation, ofQuery),
      headers: fc.oneof(fc.constant({}), oddHeaders),
      body: bodies(operation, ofBody),
      forged: fc.oneof(fc.constantFrom<unknown>(null, [], '', 7, {}), anyJson(1), claims),
    }),
  );
}

const isForServices = ({ path }: Operation): boolean => path.endsWith('/introspect');

/** Never empty, `.` or `..`: those lead to another route. */
function paths({ path, pathParameters }: Operation, isOdd: boolean) {
  const odd = anyText(30)
    .map((text) => text.slice(0, 30).toWellFormed())
    .filter((text) => !['', '.', '..'].includes(text));
  const values = pathParameters.map((name) => {
    const usual = usualInPath(path, name);
    const any = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...usual) }, odd);
    return [name, isOdd ? any : fc.constant(usual[0])] as const;
  });
  return fc.record(Object.fromEntries(values), { noNullPrototype: true });
}
