import { signedIn } from '../support/people';
import { expectCleanLogs, expectProblem, expectTraceable } from '../support/problems';
import { sendRaw } from '../support/raw-http';
import { startTestApp, type TestApp } from '../support/test-app';
import { titled } from '../support/titled';

let test: TestApp;
let token: string;
beforeAll(async () => {
  test = await startTestApp();
  ({ access_token: token } = (await signedIn(test)).tokens);
});
afterAll(async () => {
  expectCleanLogs(test.logs);
  await test.close();
});

describe('a path', () => {
  it.each(
    titled([
      '/%00',
      '//',
      '///',
      '/.',
      '/nope',
      '/NOPE?x=1#y',
      '/api',
      '/api/',
      '/api/v1',
      '/api/v2/auth/me',
      '/api/v1/auth/me/',
      '/API/v1/auth/me',
      '/api//v1/auth/me',
      '//evil.example/api/v1/auth/me',
      '/api/v1/auth/me%00',
      '/api/v1/auth/me%2f..',
      '/api/v1/auth%2fme',
      '/api/v1/..%2f..%2fetc%2fpasswd',
      '/api/v1/constructor',
      '/__proto__',
      '/auth/me',
      `/${'a'.repeat(8000)}`,
      `/${'a/'.repeat(4000)}`,
      `/api/v1/users/me/sessions/${'a'.repeat(8000)}`,
    ]),
  )('that leads nowhere is 404: %s', async (_, path) => {
    expectProblem(await test.api.get(path, { token }), 404, 'not_found');
  });

  it.each(['/%ff', '/%', '/%zz', '/api/v1/%e0%80', '/api/v1/users/me/sessions/%c0%ae'])(
    'that is not UTF-8 is 400: %s',
    async (path) => {
      expectProblem(await test.api.get(path), 400, 'malformed_request');
    },
  );

  it('longer than the server reads is 400', async () => {
    const answer = await test.api.get(`/${'a'.repeat(20_000)}`);
    expectProblem(answer, 400, 'malformed_request', ['aaa']);
  });

  it.each(
    titled([
      '%20',
      '0',
      'null',
      'undefined',
      '[object%20Object]',
      "'%20OR%20'1'='1",
      '00000000-0000-0000-0000-00000000000',
      '00000000-0000-0000-0000-00000000000g',
      '00000000-0000-4000-8000-000000000000',
      'ＡＢＣ',
      '%ED%95%9C',
      '..%2f..',
      'a'.repeat(90),
      '%00',
      '00000000-0000-4000-8000-000000000000%00',
    ]),
  )('parameter that is no id of the caller is 404: %s', async (_, id) => {
    const answer = await test.api.delete(`users/me/sessions/${id}`, { token });
    expectProblem(answer, 404, 'session_not_found');
  });
});

describe('a method', () => {
  it.each(['PUT', 'DELETE', 'PATCH', 'PROPFIND', 'SEARCH'])(
    '%s is 404 where unknown',
    async (method) => {
      for (const path of ['/nope', '/', 'auth/login', 'auth/me'])
        if (!(method === 'PATCH' && path === 'users/me'))
          expectProblem(await test.api.call(method, path, { token }), 404, 'not_found');
    },
  );

  it.each(['GET', 'HEAD'])('%s on a route that only takes POST is 404', async (method) => {
    for (const path of [
      'auth/login',
      'auth/register',
      'auth/logout',
      'auth/refresh',
      'auth/token',
    ]) {
      const answer = await test.api.call(method, path);
      expect([path, answer.status]).toEqual([path, 404]);
      expectTraceable(answer);
    }
  });

  it('HEAD answers as GET does, without a body', async () => {
    for (const [path, call] of [
      ['auth/me', { token }],
      ['auth/me', {}],
      ['users/me', { token }],
      ['health/live', {}],
      ['/nope', {}],
      ['/pages/verify-email?token=x', {}],
    ] as const) {
      const [head, get] = [await test.api.call('HEAD', path, call), await test.api.get(path, call)];
      expect([path, head.status, head.text]).toEqual([path, get.status, '']);
      for (const name of ['content-type', 'www-authenticate', 'cache-control'])
        expect(head.headers.get(name)).toBe(get.headers.get(name));
      expectTraceable(head);
    }
  });

  it('a body sent to no route gets 404, whatever it is', async () => {
    for (const [type, raw] of [
      ['application/json', '{}'],
      ['application/json', '{'],
      ['application/x-www-form-urlencoded', 'a=b'],
      ['text/plain', 'x'],
    ] as const) {
      const answer = await test.api.call('POST', '/nope', {
        raw,
        headers: { 'content-type': type },
      });
      expectProblem(answer, 404, 'not_found');
    }
  });

  it('a preflight can be traced as well', async () => {
    const origin = test.config.addresses.frontendUrl;
    const ask = (headers: Record<string, string>) =>
      test.api.call('OPTIONS', 'users/me', { headers });
    const allowed = await ask({ origin, 'access-control-request-method': 'PATCH' });
    expect(allowed.status).toBe(204);
    expectTraceable(allowed);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
      expect(allowed.headers.get('access-control-allow-methods')).toContain(method);
    const odd = await ask({});
    expect(odd.status).toBeLessThan(500);
    expectTraceable(odd);
  });
});

describe('a query', () => {
  it.each(
    titled([
      '?',
      '?%',
      '?%ff=%ff',
      '?a=1&a=2',
      '?__proto__=x',
      '?constructor[prototype]=x',
      '?a[]=1',
      '?%00',
      `?${'a=b&'.repeat(2000)}`,
      '?token=x',
    ]),
  )('that nobody asked for changes nothing: %s', async (_, query) => {
    expect((await test.api.get(`auth/me${query}`, { token })).status).toBe(200);
    expectProblem(await test.api.get(`auth/me${query}`), 401, 'unauthenticated');
  });

  it.each([
    '?token=a&token=b',
    '?token[]=a',
    '?token[x]=a',
    '?',
    '?token=',
    '?token=%ff',
    '?TOKEN=x',
  ])('that no mail link has is a bad link to the pages: %s', async (query) => {
    for (const page of ['reset-password', 'confirm-email-change']) {
      const answer = await test.api.get(`/pages/${page}${query}`);
      expect([page, answer.status]).toEqual([page, 400]);
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
      expectTraceable(answer);
    }
    const direct = await test.api.get(`/auth/verify-email${query}`);
    expect([direct.status, direct.headers.get('location')]).toEqual([
      302,
      `${test.config.addresses.frontendUrl}/login?error=invalid_token`,
    ]);
  });
});

describe('bytes that are hardly HTTP', () => {
  const close = 'Host: x\r\nConnection: close\r\n';
  it.each([
    ['a word', 'garbage\r\n\r\n', 400],
    ['an unheard-of method', `FOO / HTTP/1.1\r\n${close}\r\n`, 400],
    ['a space in the path', `GET /a b HTTP/1.1\r\n${close}\r\n`, 400],
    ['no path', `GET ? HTTP/1.1\r\n${close}\r\n`, 400],
    ['a header without a name', `GET / HTTP/1.1\r\n${close}: x\r\n\r\n`, 400],
    ['a bare NUL in a header', `GET / HTTP/1.1\r\n${close}X: a\0b\r\n\r\n`, 400],
    ['headers without end', `GET / HTTP/1.1\r\n${close}X: ${'a'.repeat(20_000)}\r\n\r\n`, 400],
    [
      'request smuggling: two lengths',
      `POST /api/v1/auth/login HTTP/1.1\r\n${close}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'request smuggling: a length given twice',
      `POST /api/v1/auth/login HTTP/1.1\r\n${close}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
      400,
    ],
    [
      'a negative length',
      `POST /api/v1/auth/login HTTP/1.1\r\n${close}Content-Length: -1\r\n\r\n`,
      400,
    ],
    [
      'a chunk without a size',
      `POST /api/v1/auth/login HTTP/1.1\r\n${close}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
  ])('%s: refused as a problem', async (_, request, status) => {
    expectProblem(await sendRaw(test.api.origin, request), status, 'malformed_request');
  });

  it.each([
    ['TRACE', `TRACE / HTTP/1.1\r\n${close}\r\n`],
    ['an absolute URL of another host', `GET http://evil.example/nope HTTP/1.1\r\n${close}\r\n`],
    ['an asterisk', `GET * HTTP/1.1\r\n${close}\r\n`],
  ])('%s: 404', async (_, request) => {
    const answer = await sendRaw(test.api.origin, request);
    expect(answer.status).toBe(404);
    expectTraceable(answer);
  });
});
