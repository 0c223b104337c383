import { gzipSync } from 'node:zlib';
import type { Answer } from '../support/api';
import { BODY_ROUTES, type BodyRoute, nameOf, Sender, typeOf } from '../support/body-routes';
import { expectInvalid, expectProblem, expectTraceable } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
let sender: Sender;
beforeAll(async () => {
  test = await startTestApp();
  sender = new Sender(test);
});
afterAll(async () => {
  // Whatever was sent, nothing went wrong inside.
  expect(test.logs.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
  await test.close();
});

const JSON_ROUTES = BODY_ROUTES.filter(({ isForm }) => !isForm);
const FORM_ROUTES = BODY_ROUTES.filter(({ isForm }) => isForm);
const named = (routes: readonly BodyRoute[]) =>
  routes.map((route) => [nameOf(route), route] as const);

/** A value that would be recognised wherever it came back. */
const MARK = 'Xq7-do-not-repeat-me';

function expectDone(answer: Answer): void {
  expect([answer.text, answer.status]).toEqual([answer.text, answer.status < 300 && answer.status]);
  expectTraceable(answer);
}

it.each(named(BODY_ROUTES))('%s takes the body that the other tests spoil', async (_, route) => {
  expectDone(await sender.sendFields(route, await sender.goodBody(route)));
});

describe('a field', () => {
  /** Refused wherever a string is asked for. */
  const NEVER: Readonly<Record<string, unknown>> = {
    'a NUL byte': `${MARK}\0`,
    'a lone high surrogate': `${MARK}\ud800`,
    'a lone low surrogate': `\udfff${MARK}`,
    'a number': 7,
    'a huge number': 1e308,
    'a boolean': true,
    'an array': [MARK],
    'an empty array': [],
    'an object': { [MARK]: MARK },
    'an object that looks like a string': { length: 12, toString: MARK, trim: MARK },
    'ninety kilobytes': MARK.repeat(4500),
  };

  it.each(named(JSON_ROUTES))(
    'of %s is refused by name when it is not a string',
    async (_, route) => {
      const good = await sender.goodBody(route);
      for (const field of Object.keys(good))
        for (const value of Object.values(NEVER)) {
          const answer = await sender.sendFields(route, { ...good, [field]: value });
          expectProblem(answer, 422, 'validation_failed', [MARK]);
          const [error] = answer.body.errors;
          expect([field, value, error.pointer.split('/')[1]]).toEqual([field, value, field]);
        }
    },
  );

  it.each(named(JSON_ROUTES))(
    'of %s may be null or empty only where optional',
    async (_, route) => {
      const { optional = [], clearable = [] } = route;
      for (const field of Object.keys(await sender.goodBody(route)))
        for (const [value, allowed] of [
          [null, optional],
          [undefined, optional],
          ['', clearable],
        ] as const) {
          const good = await sender.goodBody(route);
          const answer = await sender.sendFields(route, { ...good, [field]: value });
          if (allowed.includes(field)) expectDone(answer);
          else expectInvalid(answer, [`/${field}`]);
        }
    },
  );

  it.each(named(FORM_ROUTES))('of the form %s is refused by name likewise', async (_, route) => {
    const good = await sender.goodBody(route);
    for (const field of Object.keys(good))
      for (const value of [`${MARK}\0`, '', MARK.repeat(4500)])
        expectInvalid(
          await sender.sendFields(route, { ...good, [field]: value }),
          [`/${field}`],
          [MARK],
        );
  });
});

describe('an unknown field', () => {
  const SHADOWS = [
    'constructor',
    'prototype',
    'hasOwnProperty',
    'toString',
    'valueOf',
    'isPrototypeOf',
    '__defineGetter__',
    'then',
    'toJSON',
    'length',
  ];

  it.each(named(BODY_ROUTES))('of %s is refused by name', async (_, route) => {
    const good = await sender.goodBody(route);
    for (const field of ['nobody_knows_me', 'a/b~c', '', ' ', ...SHADOWS]) {
      const answer = await sender.sendFields(route, { ...good, [field]: MARK });
      const pointer = `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      expectInvalid(answer, [pointer], [MARK]);
    }
  });

  it.each(['role', 'is_verified', 'is_active', 'id', 'password_hash', 'security_stamp'])(
    'mass assignment: register does not take %s',
    async (field) => {
      const [register] = JSON_ROUTES;
      const good = await sender.goodBody(register!);
      const answer = await sender.sendFields(register!, { ...good, [field]: 'admin' });
      expectInvalid(answer, [`/${field}`]);
      expect(await test.query('SELECT 1 FROM users WHERE email = $1', [good.email])).toEqual([]);
    },
  );

  it.each(named(JSON_ROUTES))('prototype pollution: %s refuses to be taught', async (_, route) => {
    const good = JSON.stringify(await sender.goodBody(route)).slice(1);
    for (const attack of [
      '{"__proto__":{"polluted":1},',
      '{"constructor":{"prototype":{"polluted":1}},',
      '{"\\u005f_proto__":{"polluted":1},',
    ]) {
      const answer = await sender.send(route, attack + good);
      expectProblem(answer, answer.status === 400 ? 400 : 422, answer.body.code);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('a body', () => {
  const nested = (depth: number) => '[1,'.repeat(depth) + ']'.repeat(depth);
  const JSON_TYPE = { 'content-type': 'application/json' };

  it.each(named(JSON_ROUTES))('of %s must be an object', async (_, route) => {
    for (const raw of ['[]', '["a"]', '"text"', '7', '1e999', 'true'])
      expectInvalid(await sender.send(route, raw), ['']);
  });

  it.each(named(JSON_ROUTES))('of %s counts as empty when null or missing', async (_, route) => {
    const required = Object.keys(await sender.goodBody(route)).filter(
      (field) => !route.optional?.includes(field),
    );
    for (const raw of ['null', '{}', '', ' \n']) {
      const answer = await sender.send(route, raw);
      if (required.length === 0) expectDone(answer);
      else
        expectInvalid(
          answer,
          required.map((field) => `/${field}`),
        );
    }
  });

  it.each(named(JSON_ROUTES))('of %s is 400 when it is not JSON', async (_, route) => {
    const good = JSON.stringify(await sender.goodBody(route));
    for (const raw of [
      good.slice(0, -1),
      good.slice(0, good.length / 2),
      `${good}${good}`,
      `${good},`,
      `\ufeff${good}`,
      good.replaceAll('"', "'"),
      `{"a": 01}`,
      `{"a": NaN}`,
      `{"a": "${'\u0000'}"}`,
      '{',
      MARK,
      gzipSync(good),
    ])
      expectProblem(await sender.send(route, raw), 400, 'malformed_json', [MARK]);
    for (const raw of [nested(10_000), `{"a":${nested(10_000)}}`, '{"a":'.repeat(10_000)])
      expectProblem(await sender.send(route, raw), 400, 'malformed_request');
  });

  it.each(named(BODY_ROUTES))('of %s may hold 100 KiB and no more', async (_, route) => {
    const headers = { 'content-type': typeOf(route) };
    const fill = (size: number) =>
      route.isForm ? 'a='.padEnd(size, 'x') : `"${'x'.repeat(size - 2)}"`;
    const most = await sender.send(route, fill(100 * 1024), headers);
    expectProblem(most, 422, 'validation_failed', ['xxx']);
    for (const size of [100 * 1024 + 1, 1024 * 1024])
      expectProblem(await sender.send(route, fill(size), headers), 413, 'body_too_large');
  });

  it.each(named(JSON_ROUTES))('of %s with a key twice has the last value', async (_, route) => {
    const good = JSON.stringify(await sender.goodBody(route)).slice(1);
    const twice = Object.keys(await sender.goodBody(route)).map((field) => `"${field}":7,`);
    expectDone(await sender.send(route, `{${twice.join('')}${good}`));
  });

  it.each(named(BODY_ROUTES))('of %s is 415 as anything but what it takes', async (_, route) => {
    const good = await sender.goodBody(route);
    const asJson = JSON.stringify(good);
    const asForm = new URLSearchParams(good).toString();
    const [right, wrong] = route.isForm ? [asForm, asJson] : [asJson, asForm];
    const other = route.isForm ? 'application/json' : 'application/x-www-form-urlencoded';
    for (const raw of [right, wrong])
      for (const type of [
        other,
        'text/plain',
        'multipart/form-data; boundary=x',
        'application/json5',
        'application/problem+json',
        'application/json, text/plain',
        'text/json',
        'x',
        ';',
        '*/*',
        '',
      ]) {
        const answer = await sender.send(route, raw, { 'content-type': type });
        expectProblem(answer, 415, 'unsupported_media_type', [raw]);
        expect(answer.body.detail).toContain(typeOf(route));
      }
    // Bytes, to which fetch adds no content type.
    expectProblem(await sender.send(route, Buffer.from(right), {}), 415, 'unsupported_media_type');
  });

  it.each(named(JSON_ROUTES))(
    'of %s in a foreign charset or coding is no server error',
    async (_, route) => {
      for (const [raw, headers] of [
        [
          Buffer.from('{"a":"b"}', 'utf16le'),
          { 'content-type': 'application/json; charset=utf-16' },
        ],
        [
          Buffer.from('{"password":"\xff\xfe"}', 'latin1'),
          { 'content-type': 'application/json; charset=latin1' },
        ],
        ['{"a":1}', { 'content-type': 'application/json; charset=bogus' }],
        [gzipSync('{}'), { ...JSON_TYPE, 'content-encoding': 'gzip' }],
        ['{"a":1}', { ...JSON_TYPE, 'content-encoding': 'bogus' }],
      ] as const) {
        const answer = await sender.send(route, raw, headers);
        expect([400, 415, 422]).toContain(answer.status);
        expectProblem(answer, answer.status, answer.body.code);
      }
    },
  );
});
