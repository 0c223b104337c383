import { randomUUID } from 'node:crypto';
import { Browser, cookiesSetBy } from './support/browser';
import type { Answer, Call } from './support/client';
import { claimsOf } from './support/jwt';
import { itLogsNoSecret } from './support/log';
import { isAccepted, newPassword, newPerson, type Person, signedIn } from './support/people';
import { expectProblem } from './support/problems';
import { needing, useTarget } from './support/target';

const target = useTarget();
const attack = needing('people');

const EVIL = 'https://evil.example';
const NOBODY = '00000000-0000-4000-8000-000000000000';
/** A session id that an attacker would like to be taken. */
const MADE_UP = randomUUID();

const sidIn = (browser: Browser): unknown => claimsOf(browser.cookie('access').value).sid;

async function signedInBrowser(): Promise<{ person: Person; browser: Browser }> {
  const person = await newPerson(target);
  return { person, browser: await Browser.signedIn(target, person) };
}

/** Still signed in, by the same session. */
async function expectUnharmed(browser: Browser): Promise<void> {
  expect((await browser.call('GET', 'auth/me')).status).toBe(200);
}

describe('session fixation', () => {
  attack("CVE-2023-29019: the attacker's session planted before sign-in is not used", async () => {
    const { browser: attacker, person: thief } = await signedInBrowser();
    const planted = sidIn(attacker);
    const victim = await newPerson(target);
    const browser = new Browser(target);
    for (const name of ['access', 'refresh', 'csrf']) browser.plant(attacker.cookie(name));
    browser.csrfToken = attacker.csrfToken;
    expect((await browser.signIn(victim)).status).toBe(200);
    expect(sidIn(browser)).not.toBe(planted);
    expect((await browser.call('GET', 'auth/me')).body.id).toBe(victim.id);
    expect((await attacker.call('GET', 'auth/me')).body.id).toBe(thief.id);
    expect((await attacker.call('GET', 'users/me/sessions')).body.count).toBe(1);
  });

  attack('CWE-384: a made-up session id is neither taken nor kept', async () => {
    const person = await newPerson(target);
    const names = ['access', 'refresh', 'csrf'].map((name) => `gatehouse_${name}`);
    const planted = [...names, ...names.map((name) => `__Host-${name}`), 'session', 'connect.sid'];
    const headers = { cookie: planted.map((name) => `${name}=${MADE_UP}`).join('; ') };
    const browser = new Browser(target);
    const answer = await browser.signIn(person, { headers });
    expect(answer.status).toBe(200);
    expect(sidIn(browser)).not.toBe(MADE_UP);
    for (const { value } of cookiesSetBy(answer)) expect(value).not.toContain(MADE_UP);
    const { status } = await new Browser(target).call('GET', 'auth/me', { headers });
    expect(status).toBe(401);
  });

  attack('CWE-384: every sign-in makes a new session, also in the same browser', async () => {
    const { person, browser } = await signedInBrowser();
    const sids = [sidIn(browser)];
    for (let n = 0; n < 3; n++) {
      expect((await browser.signIn(person)).status).toBe(200);
      sids.push(sidIn(browser));
    }
    expect(new Set(sids).size).toBe(4);
  });

  attack('CVE-2023-29020: a CSRF token from before sign-in is not good after it', async () => {
    const { browser: attacker } = await signedInBrowser();
    const { person, browser } = await signedInBrowser();
    const stale = attacker.csrfToken!;
    browser.plant(attacker.cookie('csrf'));
    browser.csrfToken = stale;
    expect((await browser.signIn(person)).status).toBe(200);
    expect(browser.csrfToken).not.toBe(stale);
    const call = { json: { bio: 'planted' }, headers: { 'x-csrf-token': stale } };
    expectProblem(await browser.call('PATCH', 'users/me', call), 403, 'csrf_token_invalid');
  });
});

interface Operation {
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

/** Every route that a cookie opens and that changes something, as OpenAPI says. */
async function changingRoutes(): Promise<readonly (readonly [string, string])[]> {
  const { body } = await target.client().get('/openapi.json');
  const paths = Object.entries(body.paths as Record<string, Record<string, Operation>>);
  const routes = paths.flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { security = [] }]) => security.some((way) => 'csrf' in way))
      .map(([method]) => [method.toUpperCase(), path.replace(/\{.*?\}/g, NOBODY)] as const),
  );
  expect(routes.length).toBeGreaterThan(10);
  return [...routes, ['POST', 'auth/refresh'], ['POST', '/api/auth/refresh']];
}

/** What a page elsewhere makes an admin's browser send, at every route that changes something. */
async function expectForgeriesRefused(
  browser: Browser,
  forge: (browser: Browser) => Call,
  code: string,
): Promise<void> {
  for (const [method, path] of await changingRoutes()) {
    const answer = await browser.call(method, path, { json: {}, ...forge(browser) });
    expect([method, path, answer.status, answer.body?.code]).toEqual([method, path, 403, code]);
    expect(cookiesSetBy(answer)).toEqual([]);
  }
  await expectUnharmed(browser);
}

const adminBrowser = async (): Promise<Browser> => {
  const browser = new Browser(target);
  const { username, password } = target.admin;
  const answer = await browser.signIn({ username, password } as Person);
  expect(answer.status).toBe(200);
  return browser;
};

describe('CWE-352: a state change by cookie', () => {
  const admin = needing('people', 'admin');

  admin('without the CSRF header is refused on every route', async () => {
    const browser = await adminBrowser();
    browser.csrfToken = null;
    await expectForgeriesRefused(browser, () => ({}), 'csrf_token_invalid');
  });

  admin('with a header that is made up is refused on every route', async () => {
    const browser = await adminBrowser();
    const mine = browser.csrfToken!;
    for (const token of [
      '',
      'x',
      mine.slice(1),
      `${mine}x`,
      mine.toUpperCase(),
      `${mine}, ${mine}`,
    ])
      await expectForgeriesRefused(
        browser,
        () => ({ headers: { 'x-csrf-token': token } }),
        'csrf_token_invalid',
      );
  });

  admin('with the header and the cookie of another session is refused', async () => {
    const [browser, { browser: attacker }] = [await adminBrowser(), await signedInBrowser()];
    const { name, value } = attacker.cookie('csrf');
    const own = browser.cookie('csrf').value;
    await expectForgeriesRefused(
      browser,
      () => ({ headers: { 'x-csrf-token': value } }),
      'csrf_token_invalid',
    );
    await expectForgeriesRefused(
      browser,
      (one) => {
        const kept = one.cookiesFor('/api/v1/auth').replace(`${name}=${own}`, `${name}=${value}`);
        return { headers: { 'x-csrf-token': value, cookie: kept } };
      },
      'csrf_token_invalid',
    );
  });

  admin('CVE-2023-27495: with a tossed CSRF cookie beside the right one is refused', async () => {
    const [browser, { browser: attacker }] = [await adminBrowser(), await signedInBrowser()];
    const { name, value } = attacker.cookie('csrf');
    await expectForgeriesRefused(
      browser,
      (one) => {
        const cookie = `${name}=${value}; ${one.cookiesFor('/api/v1/auth')}`;
        return { headers: { 'x-csrf-token': value, cookie } };
      },
      'csrf_token_invalid',
    );
  });

  const origins = [EVIL, 'null', '', `${EVIL}, ${EVIL}`, 'https://evil.example:443', 'file://'];
  admin('from a foreign origin is refused on every route, right token or not', async () => {
    const browser = await adminBrowser();
    const like = [`${target.publicUrl}.evil.example`, `${target.publicUrl}/`, 'https://target'];
    for (const origin of [...origins, ...like])
      await expectForgeriesRefused(browser, () => ({ headers: { origin } }), 'origin_not_allowed');
  });

  admin('from another site, as Sec-Fetch-Site tells, is refused on every route', async () => {
    const browser = await adminBrowser();
    for (const site of ['cross-site', 'same-site', '', 'x'])
      await expectForgeriesRefused(
        browser,
        () => ({ headers: { 'sec-fetch-site': site } }),
        'origin_not_allowed',
      );
  });

  attack('as a form or as text, which need no preflight, is refused', async () => {
    const { browser } = await signedInBrowser();
    const { csrfToken } = browser;
    browser.csrfToken = null;
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
      const headers = { 'content-type': type, origin: EVIL };
      const answer = await browser.call('POST', 'auth/logout-all', { raw: 'x=1', headers });
      expect([type, [403, 415]]).toEqual([type, expect.arrayContaining([answer.status])]);
    }
    browser.csrfToken = csrfToken;
    await expectUnharmed(browser);
  });

  attack('under another method than the one it is sent with is not made', async () => {
    const { browser } = await signedInBrowser();
    const headers = { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' };
    for (const path of ['users/me?_method=DELETE', 'users/me/sessions?_method=DELETE'])
      expect((await browser.call('GET', path, { headers })).status).toBe(200);
    expect((await browser.call('POST', 'users/me', { json: {}, headers })).status).toBe(404);
    await expectUnharmed(browser);
  });

  attack('and meant, is made: with the token, from a page of our own', async () => {
    const { browser } = await signedInBrowser();
    const headers = { origin: new URL(target.publicUrl).origin, 'sec-fetch-site': 'same-origin' };
    const answer = await browser.call('PATCH', 'users/me', { json: { bio: 'meant' }, headers });
    expect([answer.status, answer.body.bio]).toEqual([200, 'meant']);
  });
});

describe('CWE-352: login CSRF', () => {
  const cookieWays = (person: Person): [string, Call][] => [
    ['auth/login?cookies=true', { json: { username: person.username, password: person.password } }],
    ['auth/login/form?cookies=true', { form: { ...credentialsOf(person) } }],
    ['auth/token?cookies=true', { form: { ...credentialsOf(person), grant_type: 'password' } }],
    ['auth/oauth/exchange?cookies=true', { json: { code: 'x'.repeat(43) } }],
  ];
  const credentialsOf = ({ username, password }: Person) => ({ username, password });

  attack('signs nobody in to the account of an attacker, from a foreign page', async () => {
    const person = await newPerson(target);
    const foreign: Record<string, string>[] = [
      { origin: EVIL },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign)
      for (const [path, call] of cookieWays(person)) {
        const answer = await target.client().call('POST', path, { ...call, headers });
        expect([path, answer.status]).toEqual([path, 403]);
        expect(cookiesSetBy(answer)).toEqual([]);
      }
  });

  attack('by refreshing a planted session is refused, and sets nothing', async () => {
    const { tokens } = await signedIn(target);
    const { refresh_token } = tokens;
    const call = { json: { refresh_token }, headers: { origin: EVIL } };
    const answer = await target.client().call('POST', 'auth/refresh?cookies=true', call);
    expectProblem(answer, 403, 'origin_not_allowed');
    expect(cookiesSetBy(answer)).toEqual([]);
  });
});

describe('the cookies of a session', () => {
  const isSecure = (): boolean => target.publicUrl.startsWith('https:');

  attack('CWE-1004 / CWE-614: are out of the reach of script, and of plain http', async () => {
    const person = await newPerson(target);
    const answer = await new Browser(target).signIn(person);
    const cookies = cookiesSetBy(answer).map(({ name, attributes }) => {
      const { path, httponly, secure, samesite, domain } = attributes;
      return { name, path, isHidden: httponly === '', isSecure: secure === '', samesite, domain };
    });
    const [host, plain] = isSecure() ? ['__Host-', '__Secure-'] : ['', ''];
    const base = new URL(target.publicUrl).pathname.replace(/\/$/, '');
    const common = { isSecure: isSecure(), samesite: 'Lax', domain: undefined };
    const refresh = { name: `${plain}gatehouse_refresh`, isHidden: true, ...common };
    expect(cookies).toEqual([
      { name: `${host}gatehouse_access`, path: '/', isHidden: true, ...common },
      { ...refresh, path: `${base}/api/v1/auth` },
      { ...refresh, path: `${base}/api/auth` },
      { name: `${host}gatehouse_csrf`, path: '/', isHidden: false, ...common },
    ]);
  });

  attack('CWE-200: leave no token in the body', async () => {
    const person = await newPerson(target);
    const browser = new Browser(target);
    const signingIn = await browser.signIn(person);
    const refreshing = await browser.call('POST', 'auth/refresh');
    for (const { status, text } of [signingIn, refreshing]) {
      expect([status, text]).toEqual([200, expect.not.stringContaining('eyJ')]);
      for (const name of ['access', 'refresh'])
        expect(text).not.toContain(browser.cookie(name).value);
    }
  });

  attack('RFC 6265 §8.6: tossed by a sibling domain beside the own are both refused', async () => {
    const { browser: attacker } = await signedInBrowser();
    const { browser } = await signedInBrowser();
    const own = browser.cookiesFor('/api/v1/auth');
    for (const tossed of [attacker.cookie('access'), browser.cookie('access')])
      for (const cookie of [
        `${own}; ${tossed.name}=${tossed.value}`,
        `${tossed.name}=${tossed.value}; ${own}`,
      ]) {
        const headers = { cookie };
        expect((await target.client().get('auth/me', { headers })).status).toBe(401);
      }
  });

  attack('RFC 6265 §8.6: under names that only look like ours are not taken', async () => {
    const { browser } = await signedInBrowser();
    const { name, value } = browser.cookie('access');
    const names = [name.toUpperCase(), `x${name}`, `${name}x`, `\u00A0${name}`, `=${name}`];
    for (const odd of [
      ...names,
      name.replace(/^__Host-/, ''),
      name.replace('__Host-', '__Secure-'),
    ]) {
      if (odd === name) continue;
      const headers = { cookie: `${odd}=${value}` };
      const { status } = await target.client().get('auth/me', { headers });
      expect([odd, status]).toEqual([odd, 401]);
    }
  });

  attack('RFC 6750 §2: a bad Bearer token beside a good cookie is refused', async () => {
    const { browser } = await signedInBrowser();
    for (const authorization of ['Bearer x', 'Bearer', 'Basic x', '']) {
      const answer = await browser.call('GET', 'auth/me', { headers: { authorization } });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
    }
  });

  attack('CWE-524: make no answer that a cache may keep', async () => {
    const { browser } = await signedInBrowser();
    for (const path of [
      'auth/me',
      'users/me',
      'users/me/sessions',
      'auth/csrf',
      'users/me/export',
    ]) {
      const answer = await browser.call('GET', path);
      const { status, headers } = answer;
      expect([path, status, headers.get('cache-control')]).toEqual([path, 200, 'no-store']);
    }
  });
});

describe('RFC 9110 §9.2.1: a request that should change nothing', () => {
  interface State {
    readonly me: unknown;
    readonly sessions: unknown;
    readonly linked: unknown;
  }

  async function stateOf(token: string): Promise<State> {
    const ask = async (path: string): Promise<unknown> =>
      (await target.client().get(path, { token })).body;
    return {
      me: await ask('users/me'),
      sessions: await ask('users/me/sessions'),
      linked: await ask('users/me/linked-accounts'),
    };
  }

  async function gets(method: 'GET' | 'HEAD', id: string, call: Call): Promise<Answer[]> {
    const { body } = await target.client().get('/openapi.json');
    const paths = Object.keys(body.paths as object);
    return Promise.all(
      [...paths, '/docs', '/redoc', '/metrics', '/'].map((path) =>
        target.client().call(method, path.replace(/\{id\}/, id).replace(/\{.*?\}/, 'x'), call),
      ),
    );
  }

  attack('changes nothing: GET and HEAD of everything there is', async () => {
    const { person, tokens } = await signedIn(target);
    const { access_token: token } = tokens;
    const browser = await Browser.signedIn(target, person);
    const before = await stateOf(token);
    const sid = String(claimsOf(token).sid);
    const cookie = browser.cookiesFor('/api/v1/auth');
    for (const method of ['GET', 'HEAD'] as const)
      for (const id of [person.id, sid]) {
        await gets(method, id, { token });
        await gets(method, id, { headers: { cookie } });
      }
    expect(await stateOf(token)).toEqual(before);
    await expectUnharmed(browser);
  });

  needing('people', 'provider')('CWE-352: starts no linking by a cookie alone', async () => {
    const { browser } = await signedInBrowser();
    for (const path of [`auth/link/${target.provider}`, `/api/auth/link/${target.provider}`]) {
      const answer = await browser.call('GET', path);
      expectProblem(answer, 401, 'unauthenticated');
      expect(cookiesSetBy(answer)).toEqual([]);
    }
  });

  attack('CWE-598: takes no password from the query', async () => {
    const person = await newPerson(target);
    const { username, password } = person;
    const query = new URLSearchParams({ username, password }).toString();
    for (const method of ['GET', 'POST'])
      for (const path of ['auth/login', 'auth/token', 'auth/login/form', '/auth/token']) {
        const { status } = await target.client().call(method, `${path}?${query}`, {});
        expect([method, path, [404, 415, 422]]).toEqual([
          method,
          path,
          expect.arrayContaining([status]),
        ]);
      }
  });
});

attack('CWE-620: a stolen session cannot change the password without knowing it', async () => {
  const { browser, person } = await signedInBrowser();
  const guess = { current_password: newPassword(), new_password: newPassword() };
  const answer = await browser.call('POST', 'auth/password/change', { json: guess });
  expectProblem(answer, 400, 'wrong_password');
  expect((await new Browser(target).signIn(person)).status).toBe(200);
  expect(await isAccepted(target, browser.cookie('access').value)).toBe(true);
});

itLogsNoSecret(target);
