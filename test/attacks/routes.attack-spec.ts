import { type Answer, freshAddress } from './support/client';
import { type Operation, operationsOf, pathTo } from './support/operations';
import { newPerson, type Person, signedIn, signIn } from './support/people';
import { expectProblem } from './support/problems';
import { sendRaw } from './support/raw';
import { needing, useTarget } from './support/target';

const target = useTarget();

/** Each of these tests knocks more often than one address may. */
const attack = needing('addresses');
const attackAsUser = needing('people', 'addresses');
const attackAsAdmin = needing('admin', 'addresses');

/** All that anybody may call. What is not here is for those who are signed in. */
const PUBLIC = new Set([
  'GET /.well-known/jwks.json',
  'GET /api/v1/auth/csrf',
  'POST /api/v1/auth/email/change/confirm',
  'POST /api/v1/auth/email/verification/confirm',
  'POST /api/v1/auth/email/verification/request',
  // For services, who have a credential of another kind.
  'POST /api/v1/auth/introspect',
  'POST /api/v1/auth/login',
  'POST /api/v1/auth/login/form',
  'POST /api/v1/auth/logout',
  'GET /api/v1/auth/oauth/{provider}',
  'POST /api/v1/auth/oauth/exchange',
  'GET /api/v1/auth/oauth/providers',
  'POST /api/v1/auth/password/reset/confirm',
  'POST /api/v1/auth/password/reset/request',
  'POST /api/v1/auth/refresh',
  'POST /api/v1/auth/register',
  'POST /api/v1/auth/token',
  'GET /api/v1/health',
  'GET /api/v1/health/database',
  'GET /api/v1/health/live',
  'GET /api/v1/health/queue',
  'GET /api/v1/health/ready',
  'POST /auth/create-user',
  'GET /auth/oauth/{provider}',
  'GET /auth/oauth/callback/{provider}',
  'POST /auth/refresh',
  'POST /auth/request-password-reset',
  'POST /auth/reset-password',
  'POST /auth/token',
  'GET /auth/verify-email',
  'GET /metrics',
]);

async function guardedRoutes(): Promise<Operation[]> {
  const guarded = (await operationsOf(target)).filter(({ name }) => !PUBLIC.has(name));
  expect(guarded.length).toBeGreaterThan(25);
  return guarded;
}

/** With and without the version. */
const spelledTwice = (path: string): string[] =>
  path.startsWith('/api/v1/') ? [path, path.replace('/api/v1/', '/api/')] : [path];

/** GET routes that only admins may call. */
const OF_ADMINS = ['/api/v1/audit-events', '/api/v1/mails', '/api/v1/users/stats/count'];
const OF_USERS = [
  '/api/v1/auth/me',
  '/api/v1/users',
  '/api/v1/users/me',
  '/api/v1/users/me/activity',
  '/api/v1/users/me/export',
  '/api/v1/users/me/linked-accounts',
  '/api/v1/users/me/sessions',
  '/api/v1/users/me/subscription',
  '/auth/get-user',
];

const encoded = (text: string): string =>
  text.replaceAll(/[a-z0-9]/gi, (letter) => `%${letter.charCodeAt(0).toString(16)}`);

/** Ways to write a path that a guard and a router may read differently. */
const SPELLINGS: Readonly<Record<string, (path: string) => readonly string[]>> = {
  'a letter percent-encoded (CVE-2025-69211, CVE-2026-22031)': (path) => [
    path.replace(/[a-z](?=[^/]*$)/, encoded),
    path.replace(/[a-z]/, encoded),
    path.replaceAll(/[^/]+/g, encoded),
    path.replace(/[a-z](?=[^/]*$)/, (letter) => encoded(letter).toUpperCase()),
  ],
  'percent-encoded twice (CVE-2012-6431)': (path) => [
    path.replace(/[a-z](?=[^/]*$)/, (letter) => encoded(letter).replace('%', '%25')),
    path.replaceAll('/', '%252f'),
  ],
  'in another letter case (CWE-178)': (path) => [
    path.toUpperCase(),
    path.replace(/\/([a-z])(?=[^/]*$)/, (start) => start.toUpperCase()),
    path.replace('/api/v1', '/Api/V1'),
  ],
  'with slashes too many (CWE-50)': (path) => [
    `/${path}`,
    `//${path}`,
    path.replaceAll('/', '//'),
    `${path}/`,
    `${path}//`,
    `${path}///`,
  ],
  'with dots for segments (CVE-2010-3863)': (path) => [
    `/.${path}`,
    `${path}/.`,
    `${path}/./`,
    `${path}/x/..`,
    `/x/..${path}`,
    path.replaceAll('/', '/./'),
    path.replaceAll('/', '/%2e/'),
    `${path}/%2e`,
    `${path}/x/%2e%2e`,
    `/x/%2e%2e${path}`,
    `/api/v1/health/../..${path}`,
    `/api/v1/health/..%2f..${path}`,
    `/docs/..${path}`,
  ],
  'with slashes that are none (CWE-41)': (path) => [
    path.replaceAll(/(?<=.)\//g, '%2f'),
    path.replaceAll(/(?<=.)\//g, '%2F'),
    path.replaceAll(/(?<=.)\//g, '\\'),
    path.replaceAll(/(?<=.)\//g, '%5c'),
    path.replaceAll(/(?<=.)\//g, '%c0%af'),
    path.replaceAll(/(?<=.)\//g, '%ef%bc%8f'),
    path.replaceAll(/(?<=.)\//g, '%u002f'),
  ],
  'with a parameter of the path (CVE-2020-1957)': (path) => [
    `${path};`,
    `${path};x=1`,
    `${path};.json`,
    `${path};jsessionid=1`,
    path.replaceAll(/(?<=.)\//g, ';/'),
    `/x/..;${path}`,
    `/;${path}`,
    `${path}%3b`,
  ],
  'with something behind it': (path) => [
    `${path}.json`,
    `${path}.css`,
    `${path}%00`,
    `${path}%00.css`,
    `${path}%20`,
    `${path}%09`,
    `${path}%0a`,
    `${path}%0d%0aX:y`,
    `${path}~`,
    `${path}*`,
    `${path}%ff`,
    `${path}%e2%80%8b`,
  ],
  'with games of the query': (path) => [
    `${path}?`,
    `${path}??`,
    `${path}?/`,
    `${path}?.css`,
    `${path}?public=true`,
    `${path}%3f`,
    `${path}?%00`,
    `${path}?path=/api/v1/health`,
    `${path}#`,
    `${path}#/api/v1/health`,
    `/api/v1/health?/../..${path}`,
    `/api/v1/health#/../..${path}`,
  ],
  'with letters that look alike': (path) => [
    path.replace(/u(?=[^/]*$)/, '%ef%bd%95'),
    path.replace(/[ae](?=[^/]*$)/, '%d0%b0'),
    path.replace(/s(?=[^/]*$)/, '%c5%bf'),
    path.replace('k', '%e2%84%aa'),
  ],
  'under another prefix': (path) => [
    path.replace('/api/v1', ''),
    path.replace('/api/v1', '/v1'),
    path.replace('/api/v1', '/api/v0'),
    path.replace('/api/v1', '/api/v2'),
    path.replace('/api/v1', '/api/v1.0'),
    path.replace('/api/v1', '/api/v1/v1'),
    path.replace('/api/v1', '/api/api/v1'),
    path.replace('/api/v1', '/api'),
  ],
};

const WHOLE_URLS = (path: string) => [
  `http://localhost${path}`,
  `https://admin@localhost${path}`,
  `HTTP://127.0.0.1:1${path}`,
];

/** A request line that no client would write. Over plain http only. */
const raw = (line: string, ...headers: readonly string[]): Promise<Answer> => {
  const own = ['Host: localhost', 'Connection: close', `X-Forwarded-For: ${freshAddress()}`];
  const request = [`${line} HTTP/1.1`, ...own, ...headers, '', ''].join('\r\n');
  return sendRaw(target.origin, request);
};

const IS_WHOLE_URL = /^https?:/i;
const get = (path: string, token?: string): Promise<Answer> => {
  if (!IS_WHOLE_URL.test(path)) return target.client().get(path, { token });
  return raw(`GET ${path}`, ...(token ? [`Authorization: Bearer ${token}`] : []));
};

/** One of these statuses; `what` is said where it is another. */
function expectOneOf(statuses: readonly number[], status: number, what: string): void {
  expect({ what, status: statuses.includes(status) ? 'fine' : status }).toEqual({
    what,
    status: 'fine',
  });
}

/** What some spellings lead to instead, and anybody may see. */
const IS_HEALTH = /^\{"status":/;

async function expectNone(path: string, statuses: readonly number[], token?: string) {
  const { status, text } = await get(path, token);
  if (!(status === 200 && IS_HEALTH.test(text))) expectOneOf(statuses, status, path);
}

describe('routes: spelling', () => {
  attackAsAdmin('the routes that are spelled otherwise below are there', async () => {
    const token = await target.adminToken();
    for (const path of [...OF_ADMINS, ...OF_USERS]) {
      const { status } = await target.client().get(path, { token });
      expect([path, status]).toEqual([path, 200]);
    }
  });

  attack.each(Object.keys(SPELLINGS))('CWE-551: no guard is passed %s', async (kind) => {
    for (const path of [...OF_ADMINS, ...OF_USERS])
      for (const spelled of SPELLINGS[kind]!(path)) await expectNone(spelled, [400, 401, 404]);
  });

  attackAsUser.each(Object.keys(SPELLINGS))('CWE-551: no role is passed %s', async (kind) => {
    const { access_token: token } = (await signedIn(target)).tokens;
    for (const path of OF_ADMINS)
      for (const spelled of SPELLINGS[kind]!(path))
        await expectNone(spelled, [400, 403, 404], token);
  });

  needing('settings')(
    'RFC 9112 §3.2.2: no guard and no role is passed by a whole URL',
    async () => {
      const { access_token: token } = (await signedIn(target)).tokens;
      for (const path of OF_ADMINS)
        for (const url of WHOLE_URLS(path)) {
          await expectNone(url, [400, 401, 404]);
          await expectNone(url, [400, 403, 404], token);
        }
    },
  );
});

describe('routes: anybody', () => {
  attack('CWE-306: no route of /openapi.json answers anybody, but the public ones', async () => {
    for (const { name, method, path } of await guardedRoutes())
      for (const spelled of spelledTwice(pathTo(path)))
        for (const json of [undefined, {}]) {
          const answer = await target.client().call(method, spelled, { json });
          expect([name, answer.status, answer.body?.code]).toEqual([name, 401, 'unauthenticated']);
          expect(answer.headers.get('www-authenticate')).toBe('Bearer');
        }
  });

  attack('CWE-306: no route of /openapi.json takes a token that is none', async () => {
    for (const { name, method, path } of await guardedRoutes())
      for (const token of ['x', 'null', 'undefined', '..', 'e30.e30.e30']) {
        const answer = await target.client().call(method, pathTo(path), { token });
        const refusal = [name, answer.status, answer.body?.code];
        expect(refusal).toEqual([name, 401, 'invalid_access_token']);
      }
  });

  attack('CWE-290: nobody is let in for where they say they come from', async () => {
    const lies: readonly Record<string, string>[] = [
      { 'x-forwarded-for': '127.0.0.1' },
      { 'x-real-ip': '127.0.0.1' },
      { 'x-client-ip': '127.0.0.1' },
      { 'x-originating-ip': '127.0.0.1' },
      { 'x-custom-ip-authorization': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1;host=localhost' },
      { host: 'localhost' },
      { host: '127.0.0.1' },
      { 'x-forwarded-host': 'localhost' },
      { origin: target.publicUrl },
      { referer: `${target.publicUrl}/admin` },
      { 'user-agent': 'Googlebot/2.1' },
      { 'x-user-role': 'admin' },
      { 'x-internal': 'true' },
    ];
    for (const headers of lies)
      for (const path of OF_ADMINS) {
        const { status } = await target.client().get(path, { headers });
        expect([headers, status]).toEqual([headers, 401]);
      }
  });
});

const REWRITES = [
  'x-original-url',
  'x-rewrite-url',
  'x-override-url',
  'x-forwarded-path',
  'x-forwarded-uri',
  'x-forwarded-prefix',
  'x-http-destinationurl',
  'x-proxy-url',
  'x-original-uri',
];
const OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override'];

const isThere = async ({ id }: Person): Promise<boolean> =>
  (await target.client().get(`users/${id}`, { token: await target.adminToken() })).status === 200;

describe('routes: methods', () => {
  attack.each(REWRITES)('CWE-436: the header %s leads to no other route', async (name) => {
    for (const path of [...OF_ADMINS, ...OF_USERS]) {
      const inside = await target
        .client()
        .get('/api/v1/health/live', { headers: { [name]: path } });
      expect([inside.status, inside.text]).toEqual([200, expect.stringMatching(IS_HEALTH)]);
      const outside = await target
        .client()
        .get(path, { headers: { [name]: '/api/v1/health/live' } });
      expectProblem(outside, 401, 'unauthenticated');
    }
  });

  attackAsAdmin.each(OVERRIDES)('CWE-650: the header %s makes no other method', async (name) => {
    const person = await newPerson(target);
    const token = await target.adminToken();
    const path = `users/${person.id}`;
    for (const method of ['DELETE', 'delete', 'PATCH']) {
      const headers = { [name]: method };
      const json = { bio: 'changed' };
      expect((await target.client().get(path, { token, headers })).status).toBe(200);
      const answer = await target.client().post(path, json, { token, headers });
      expectProblem(answer, 404, 'not_found');
    }
    const { body } = await target.client().get(path, { token });
    expect(body.bio).toBeNull();
  });

  attackAsAdmin('CWE-650: no parameter or field makes another method', async () => {
    const person = await newPerson(target);
    const token = await target.adminToken();
    for (const name of ['_method', 'method', 'X-HTTP-Method-Override', '_httpMethod']) {
      await target.client().get(`users/${person.id}?${name}=DELETE`, { token });
      const json = { [name]: 'DELETE' };
      await target.client().post(`users/${person.id}?${name}=DELETE`, json, { token });
      await target.client().patch(`users/${person.id}`, json, { token });
      const { access_token: own } = await signIn(target, person);
      await target.client().post(`users/me?${name}=DELETE`, json, { token: own });
      await target.client().get(`users/me?${name}=DELETE`, { token: own });
    }
    expect(await isThere(person)).toBe(true);
  });

  attack('CWE-650: HEAD and OPTIONS of guarded routes tell nobody anything', async () => {
    for (const { name, path } of await guardedRoutes())
      for (const spelled of spelledTwice(pathTo(path))) {
        const head = await target.client().call('HEAD', spelled);
        expect([name, head.text]).toEqual([name, '']);
        expect([401, 404]).toContain(head.status);
        const options = await target.client().call('OPTIONS', spelled);
        expect([name, options.status, options.text]).toEqual([name, 204, '']);
      }
  });

  needing('settings')('CWE-306: methods that no route has reach none', async () => {
    for (const method of ['PROPFIND', 'SEARCH', 'PURGE', 'LINK', 'MKCOL', 'QUERY', 'get', 'GETS'])
      for (const path of [...OF_ADMINS, '/api/v1/users/me']) {
        const { status } = await raw(`${method} ${path}`);
        expectOneOf([400, 404, 405, 501], status, `${method} ${path}`);
      }
  });

  needing('settings')('WSTG-CONF-06 (cross-site tracing): TRACE repeats nothing', async () => {
    for (const path of ['/', '*', '/api/v1/users/me', '/api/v1/health'])
      for (const method of ['TRACE', 'TRACK', 'DEBUG']) {
        const secrets = ['Authorization: Bearer repeat.me.not', 'Cookie: a=repeat-me-not'];
        const { status, text, headers } = await raw(`${method} ${path}`, ...secrets);
        expectOneOf([400, 404, 405, 501], status, `${method} ${path}`);
        expect(text + JSON.stringify([...headers])).not.toMatch(/repeat.me.not/);
      }
  });
});
