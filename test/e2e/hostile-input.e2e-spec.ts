import { BODY_ROUTES, FORM_ROUTES, JSON_ROUTES, named, Sender } from '../support/body-routes';
import { expectCleanLogs, expectDone, expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
let sender: Sender;
beforeAll(async () => {
  test = await startTestApp();
  sender = new Sender(test);
});
afterAll(async () => {
  expectCleanLogs(test.logs, [MARK]);
  await test.close();
});

/** A value that would be recognised wherever it came back. */
const MARK = 'Xq7-do-not-repeat-me';

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

  it.each(named(BODY_ROUTES))(
    'amplification: %s names no more than a hundred',
    async (_, route) => {
      const many = Array.from({ length: 8000 }, (__, n) => [`x${n}`, '1']);
      expectInvalid(await sender.sendFields(route, Object.fromEntries(many)), ['']);
      const [field] = Object.keys(await sender.goodBody(route));
      if (route.isForm) return;
      const answer = await sender.sendFields(route, { [field!]: Array(8000).fill('\0') });
      expectProblem(answer, 422, 'validation_failed');
      expect(answer.text.length).toBeLessThan(20_000);
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
