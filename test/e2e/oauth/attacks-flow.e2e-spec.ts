import { createHash } from 'node:crypto';
import type { Answer } from '../../support/api';
import { cookiesSetBy } from '../../support/cookies';
import { FRONTEND, type OAuthTestApp, signedInWith, startOAuthApp } from '../../support/oauth-app';
import {
  agree,
  begin,
  type BegunFlow,
  behaveAgain,
  changed,
  codeIn,
  comeBack,
  expectGoodClient,
  expectRefusal,
  expectSecretsKept,
  signInAt,
  tracesOf,
} from '../../support/oauth-attacks';
import { appear, type ProviderName, PROVIDERS } from '../../support/oauth-people';
import { sixteen, tally } from '../../support/people';
import { expectCleanLogs, expectProblem } from '../../support/problems';
import { sendRaw } from '../../support/raw-http';
import { startTestApp, type TestApp } from '../../support/test-app';

const OTHER_KEY = 'another-key-for-tests-that-is-long-enough-as-well';
/** Beside the frontend, a place with a path. */
const ADMIN = 'https://admin.example.com/app';
const MISMATCH = `${FRONTEND}/login?error=state_mismatch`;

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp({ ALLOWED_REDIRECT_URLS: ADMIN });
});
afterEach(() => {
  behaveAgain(test);
  expectGoodClient(test);
});
afterAll(async () => {
  try {
    expectCleanLogs(test.logs);
    await expectSecretsKept(test);
  } finally {
    await test.close();
  }
});

/** Somebody new at the provider, and as far as its callback. */
async function onTheWay(provider: ProviderName = 'google') {
  const newcomer = appear(test, provider);
  const flow = await begin(test, provider);
  return { newcomer, flow, callback: await agree(flow) };
}

const CREATED = {
  users: 1,
  identities: 1,
  sessions: 1,
  spent: 1,
  audits: ['user_registered', 'sign_in_succeeded'],
  mails: [],
};

const valueOf = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1);
const nameOf = (cookie: string): string => cookie.slice(0, cookie.indexOf('='));

/** The cookie with another letter in one of the five parts of its value. */
function altered(cookie: string, part: number): string {
  const parts = valueOf(cookie).split('.');
  const letter = parts[part]!.startsWith('A') ? 'B' : 'A';
  parts[part] = letter + parts[part]!.slice(1);
  return `${nameOf(cookie)}=${parts.join('.')}`;
}

describe('a callback opened in a browser that did not begin the flow', () => {
  it.each(PROVIDERS)('is refused at %s, and leaves the flow to its own browser', async (name) => {
    const { flow, callback } = await onTheWay(name);
    expectRefusal(await tracesOf(test, () => comeBack(test, callback)), 'state_mismatch');

    const own = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    codeIn(own.answer);
    expect(own).toMatchObject(CREATED);
  });

  it('is refused with the cookie of another flow, begun there', async () => {
    const { callback } = await onTheWay();
    const victim = await begin(test, 'google');
    const traces = await tracesOf(test, () => comeBack(test, callback, victim.cookie));
    expectRefusal(traces, 'state_mismatch');
  });

  it('is refused with the cookie of another flow under the name of this one', async () => {
    const { flow, callback } = await onTheWay();
    const victim = await begin(test, 'google');
    const planted = `${nameOf(flow.cookie)}=${valueOf(victim.cookie)}`;
    expectRefusal(await tracesOf(test, () => comeBack(test, callback, planted)), 'state_mismatch');
  });
});

describe('a cookie that was tampered with', () => {
  it.each<[string, (cookie: string, state: string) => string]>([
    ['other letters in its header', (cookie) => altered(cookie, 0)],
    ['a key where none belongs', (cookie) => cookie.replace('..', '.AAAA.')],
    ['another initialization vector', (cookie) => altered(cookie, 2)],
    ['another ciphertext', (cookie) => altered(cookie, 3)],
    ['another authentication tag', (cookie) => altered(cookie, 4)],
    ['its end cut off', (cookie) => cookie.slice(0, -8)],
    ['its tag cut off', (cookie) => cookie.slice(0, cookie.lastIndexOf('.') + 1)],
    ['one letter more', (cookie) => `${cookie}A`],
    ['quotes around it', (cookie) => `${nameOf(cookie)}="${valueOf(cookie)}"`],
    ['percent-encoding', (cookie) => cookie.replaceAll('.', '%2E')],
    ['nothing in it', (cookie) => `${nameOf(cookie)}=`],
    ['only the state in it', (cookie, state) => `${nameOf(cookie)}=${state}`],
    ['another name', (cookie) => `x${cookie}`],
    ['a prefix to its name', (cookie) => `__Host-${cookie}`],
    ['another case of its name', (cookie) => nameOf(cookie).toUpperCase() + '=' + valueOf(cookie)],
    ['a no-break space before its name', (cookie) => `a=b;\u00a0${cookie}`],
    ['a twin before it', (cookie) => `${nameOf(cookie)}=planted; ${cookie}`],
    ['a twin behind it', (cookie) => `${cookie}; ${nameOf(cookie)}=planted`],
  ])('%s, is refused', async (_, tamper) => {
    const { flow, callback } = await onTheWay();
    const cookie = tamper(flow.cookie, flow.state);
    expectRefusal(await tracesOf(test, () => comeBack(test, callback, cookie)), 'state_mismatch');
  });

  it.each([
    ['an access token', 0],
    ['a refresh token', 1],
  ])('%s of ours, is refused', async (_, at) => {
    appear(test, 'google');
    const { tokens } = await signedInWith(test, 'google');
    const { flow, callback } = await onTheWay();
    const token = [tokens.access_token, tokens.refresh_token][at];
    const cookie = `${nameOf(flow.cookie)}=${token}`;
    expectRefusal(await tracesOf(test, () => comeBack(test, callback, cookie)), 'state_mismatch');
  });

  it('is no access token either', async () => {
    const { cookie } = await begin(test, 'google');
    const token = valueOf(cookie);
    expectProblem(await test.api.get('auth/me', { token }), 401, 'invalid_access_token');
    const headers = { cookie: `gatehouse_access=${token}` };
    expectProblem(await test.api.get('auth/me', { headers }), 401, 'invalid_access_token');
  });
});

describe('the cookie of a flow', () => {
  it('is for this host, out of reach of scripts and foreign posts, for ten minutes', async () => {
    const answer = await test.api.get('auth/oauth/google');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(cookiesSetBy(answer)).toEqual([
      {
        name: expect.stringMatching(/^gatehouse_oauth_[\w-]{16}$/),
        value: expect.stringMatching(/^[\w.-]+$/),
        attributes: ['Path=/', 'Max-Age=600', 'HttpOnly', 'SameSite=Lax'],
      },
    ]);
    const location = answer.headers.get('location')!;
    expect(location).not.toContain(cookiesSetBy(answer)[0]!.value);
  });

  it('is good for ten minutes', async () => {
    const { flow, callback } = await onTheWay();
    test.clock.advance({ seconds: 599 });
    codeIn(await comeBack(test, callback, flow.cookie));
  });

  it('is void after ten minutes', async () => {
    const { flow, callback } = await onTheWay();
    test.clock.advance({ minutes: 10, seconds: 1 });
    const traces = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(traces, 'state_mismatch');
  });

  it('is forgotten by the browser with the callback, whatever comes of it', async () => {
    const { flow, callback } = await onTheWay();
    const forgotten = [`${nameOf(flow.cookie)}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`];
    const cancelled = changed(callback, { code: null, error: 'access_denied' });
    const answer = await comeBack(test, cancelled, flow.cookie);
    expect(answer.headers.getSetCookie()).toEqual(forgotten);
    const again = await comeBack(test, callback, flow.cookie);
    expect(again.headers.getSetCookie()).toEqual(forgotten);
    expect(again.headers.get('location')).toBe(MISMATCH);
  });

  it('is small enough for a browser to keep, however long redirect_to is', async () => {
    for (const length of [100, 1000, 2000, 3000, 8000]) {
      const redirectTo = `${FRONTEND}/${'a'.repeat(length)}`;
      const answer = await test.api.get(`auth/oauth/google?redirect_to=${redirectTo}`);
      const [line] = answer.headers.getSetCookie();
      if (line === undefined) expectProblem(answer, 400, 'redirect_not_allowed');
      else expect([length, line.length <= 4096]).toEqual([length, true]);
    }
  });

  it('of the fifth flow takes the place of the others', async () => {
    const flows: BegunFlow[] = [];
    for (let n = 0; n < 4; n++) flows.push(await begin(test, 'google'));
    const cookie = flows.map((flow) => flow.cookie).join('; ');
    const fifth = await test.api.get('auth/oauth/google', { headers: { cookie } });
    const [own, ...others] = cookiesSetBy(fifth);
    expect(own!.attributes).toContain('Max-Age=600');
    expect(others.map(({ name }) => name)).toEqual(flows.map((flow) => nameOf(flow.cookie)));
    for (const other of others) expect(other.attributes).toContain('Max-Age=0');
  });
});

describe('a callback that comes again', () => {
  it.each(PROVIDERS)('is refused at %s: one sign-in, one request for a token', async (name) => {
    const { flow, callback } = await onTheWay(name);
    const { tokenRequests } = test[name];
    codeIn(await comeBack(test, callback, flow.cookie));
    const again = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(again, 'state_mismatch');
    expect(test[name].tokenRequests).toBe(tokenRequests + 1);
  });

  it.each(PROVIDERS)('sixteen times at once passes once at %s', async (name) => {
    const { flow, callback } = await onTheWay(name);
    const { tokenRequests } = test[name];
    let answers: Answer[] = [];
    const traces = await tracesOf(test, async () => {
      answers = await sixteen(() => comeBack(test, callback, flow.cookie));
      return answers[0]!;
    });
    const locations = answers.map(({ headers }) => headers.get('location'));
    expect(tally(answers)).toEqual({ 302: 16 });
    expect(locations.filter((location) => location === MISMATCH)).toHaveLength(15);
    expect(traces).toMatchObject(CREATED);
    expect(test[name].tokenRequests).toBe(tokenRequests + 1);
  });

  it.each([
    '/auth/oauth/callback/google',
    '/api/v1/auth/google/callback',
    '/api/auth/google/callback',
    '/api/v1/auth/link/google/callback',
    '/api/auth/link/google/callback',
  ])('is refused by another spelling: %s', async (pathname) => {
    const { flow, callback } = await onTheWay();
    codeIn(await comeBack(test, { ...changed(callback, {}), pathname }, flow.cookie));
    const { search } = callback;
    for (const path of ['/auth/oauth/callback/google', '/api/auth/google/callback', pathname]) {
      const again = () => comeBack(test, { pathname: path, search }, flow.cookie);
      expectRefusal(await tracesOf(test, again), 'state_mismatch');
    }
  });

  it('is refused with another code of the same question', async () => {
    const { flow, callback } = await onTheWay();
    const another = await agree(flow);
    codeIn(await comeBack(test, callback, flow.cookie));
    const traces = await tracesOf(test, () => comeBack(test, another, flow.cookie));
    expectRefusal(traces, 'state_mismatch');
  });

  it('is refused with the same cookie in other letters', async () => {
    const { flow, callback } = await onTheWay();
    codeIn(await comeBack(test, callback, flow.cookie));
    // The last letter of a tag of 16 bytes has four bits that mean nothing.
    const last = flow.cookie.at(-1)!;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = alphabet[alphabet.indexOf(last) ^ 1]!;
    for (const cookie of [`${flow.cookie}=`, `${flow.cookie}==`, flow.cookie.slice(0, -1) + twin]) {
      const traces = await tracesOf(test, () => comeBack(test, callback, cookie));
      expectRefusal(traces, 'state_mismatch');
    }
  });

  it('is refused after what tells that it came is cleared away', async () => {
    const { flow, callback } = await onTheWay();
    codeIn(await comeBack(test, callback, flow.cookie));
    test.clock.advance({ minutes: 10, seconds: 1 });
    const later = await onTheWay();
    codeIn(await comeBack(test, later.callback, later.flow.cookie));
    const kept = await test.query('SELECT id FROM oauth_spent_flows');
    expect(kept).toHaveLength(1);
    const traces = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(traces, 'state_mismatch');
  });

  it('is refused after one that the provider failed', async () => {
    const { flow, callback } = await onTheWay();
    test.google.tokenFault = 'status500';
    const failed = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(failed, 'provider_error', { spent: 1, asked: ['google token'] });
    test.google.tokenFault = null;
    const traces = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(traces, 'state_mismatch');
  });

  it('is not spent by HEAD, nor looked at by POST', async () => {
    const { flow, callback } = await onTheWay();
    const path = `${callback.pathname}${callback.search}`;
    const headers = { cookie: flow.cookie };
    const head = await tracesOf(test, () => test.api.call('HEAD', path, { headers }));
    expect([head.answer.status, head.answer.headers.getSetCookie()]).toEqual([204, []]);
    expect(head).toMatchObject({ users: 0, sessions: 0, spent: 0, asked: [], audits: [] });
    const form = callback.search.slice(1);
    const post = await tracesOf(test, () =>
      test.api.call('POST', callback.pathname, { headers, form }),
    );
    expectProblem(post.answer, 404, 'not_found');
    expect(post).toMatchObject({ users: 0, sessions: 0, spent: 0, asked: [], audits: [] });
    codeIn(await comeBack(test, callback, flow.cookie));
  });
});

describe('a code from elsewhere', () => {
  const inject = async (provider: ProviderName, code: string, asked: string[]) => {
    const { flow, callback } = await onTheWay(provider);
    const injected = changed(callback, { code });
    const traces = await tracesOf(test, () => comeBack(test, injected, flow.cookie));
    expectRefusal(traces, 'provider_error', { spent: 1, asked });
  };

  it.each(PROVIDERS)('of the same browser and %s is refused by PKCE', async (name) => {
    appear(test, name);
    const earlier = await begin(test, name);
    const code = (await agree(earlier)).searchParams.get('code')!;
    await inject(name, code, [`${name} token`]);
    const verifier = test[name].seen.findLast(({ form }) => form)!.form!['code_verifier']!;
    const challenge = earlier.authorizationUrl.searchParams.get('code_challenge');
    expect(createHash('sha256').update(verifier).digest('base64url')).not.toBe(challenge);
  });

  it.each(PROVIDERS)('of another client, stolen at %s, is refused', async (name) => {
    appear(test, name);
    const { authorizationUrl } = await begin(test, name);
    const there = `http://127.0.0.1:1/elsewhere/${name}`;
    test[name].clients.push({ id: 'elsewhere', secret: 's3cret', redirectUris: [there] });
    authorizationUrl.searchParams.set('client_id', 'elsewhere');
    authorizationUrl.searchParams.set('redirect_uri', there);
    const stolen = await agree({ authorizationUrl, state: '', cookie: '' });
    test[name].clients.pop();
    await inject(name, stolen.searchParams.get('code')!, [`${name} token`]);
  });

  it('of another provider is refused', async () => {
    appear(test, 'discord');
    const code = (await agree(await begin(test, 'discord'))).searchParams.get('code')!;
    await inject('google', code, ['google token']);
  });

  it('that is spent already is refused, and nobody is signed in', async () => {
    const { flow, callback } = await onTheWay();
    codeIn(await comeBack(test, callback, flow.cookie));
    const { replays } = test.google;
    await inject('google', callback.searchParams.get('code')!, ['google token']);
    expect(test.google.replays).toBe(replays + 1);
    Object.assign(test.google['grants'], { replays });
  });

  it('of a victim does not sign in with the attacker’s state and cookie', async () => {
    const victim = await onTheWay();
    const attacker = await onTheWay();
    const code = victim.callback.searchParams.get('code');
    const stolen = changed(attacker.callback, { code });
    const traces = await tracesOf(test, () => comeBack(test, stolen, attacker.flow.cookie));
    expectRefusal(traces, 'provider_error', { spent: 1, asked: ['google token'] });
    const rows = await test.query('SELECT 1 FROM users WHERE email = $1', [victim.newcomer.email]);
    expect(rows).toEqual([]);
  });
});

describe('an answer of another kind of flow', () => {
  it.each(PROVIDERS)('is no answer here, at %s', async (name) => {
    appear(test, name);
    const { tokens } = await signedInWith(test, name);
    const idToken = tokens.access_token;
    const answers: Record<string, string>[] = [
      { access_token: test[name].issuedTokens.at(-1)!, token_type: 'Bearer' },
      { id_token: idToken },
      { response: idToken },
      { request: idToken, device_code: 'x', assertion: idToken },
    ];
    for (const answer of answers) {
      const { flow, callback } = await onTheWay(name);
      const other = changed(callback, { code: null, ...answer });
      const traces = await tracesOf(test, () => comeBack(test, other, flow.cookie));
      expectRefusal(traces, 'provider_error', { spent: 1 });
    }
  });

  it('in the fragment is asked for by nobody', async () => {
    const { authorizationUrl } = await begin(test, 'acme');
    expect(authorizationUrl.searchParams.get('response_mode')).toBeNull();
    expect(authorizationUrl.hash).toBe('');
  });
});

describe('a state', () => {
  it.each<[string, (search: string, state: string) => string]>([
    ['missing', (search, state) => search.replace(`state=${state}`, '')],
    ['empty', (search, state) => search.replace(state, '')],
    ['repeated', (search, state) => `${search}&state=${state}`],
    ['repeated, another first', (search, state) => `?state=x&${search.slice(1)}&x=${state}`],
    ['in brackets', (search) => search.replace('state=', 'state[]=')],
    ['with an index', (search) => search.replace('state=', 'state[0]=')],
    ['of another case', (search, state) => search.replace(state, state.toLowerCase() + 'A')],
    ['cut', (search, state) => search.replace(state, state.slice(0, -1))],
    ['with a space behind', (search, state) => search.replace(state, `${state}%20`)],
    ['with a NUL behind', (search, state) => search.replace(state, `${state}%00`)],
    ['with a lone surrogate', (search, state) => search.replace(state, `${state}%ED%A0%80`)],
    ['that is no UTF-8', (search, state) => search.replace(state, '%ff%fe')],
    ['of a broken escape', (search, state) => search.replace(state, '%')],
    ['of 10 kB', (search, state) => search.replace(state, state + 'a'.repeat(10_000))],
    ['of __proto__', (search, state) => search.replace(state, '__proto__')],
    ['guessed', (search, state) => search.replace(state, 'A'.repeat(43))],
  ])('%s is refused, and nothing is spent', async (_, change) => {
    const { flow, callback } = await onTheWay();
    const search = change(callback.search, flow.state);
    expect(search).not.toBe(callback.search);
    const { pathname } = callback;
    const traces = await tracesOf(test, () => comeBack(test, { pathname, search }, flow.cookie));
    expectRefusal(traces, 'state_mismatch');
  });

  it('is told apart from what it is not by nothing but its value', async () => {
    const { flow, callback } = await onTheWay();
    const encoded = flow.state.replaceAll(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    const search = callback.search.replace(flow.state, encoded);
    codeIn(await comeBack(test, { pathname: callback.pathname, search }, flow.cookie));
  });
});

describe('a code', () => {
  const TOKEN = ['google token'];
  it.each<[string, (search: string, code: string) => string, string[]]>([
    ['missing', (search, code) => search.replace(`code=${code}`, ''), []],
    ['empty', (search, code) => search.replace(code, ''), []],
    ['repeated', (search, code) => `${search}&code=${code}`, []],
    ['in brackets', (search) => search.replace('code=', 'code[]='), []],
    ['with a NUL behind', (search, code) => search.replace(code, `${code}%00`), []],
    ['of 10 kB', (search, code) => search.replace(code, code + 'a'.repeat(10_000)), []],
    ['with a lone surrogate', (search, code) => search.replace(code, `${code}%ED%A0%80`), TOKEN],
    ['that is a form', (search, code) => search.replace(code, 'x%26client_id%3Dme'), TOKEN],
    ['with a line break', (search, code) => search.replace(code, `${code}%0d%0aX:%20y`), TOKEN],
    ['of __proto__', (search, code) => search.replace(code, '__proto__'), TOKEN],
  ])('%s is refused, and the flow is over', async (_, change, asked) => {
    const { flow, callback } = await onTheWay();
    const search = change(callback.search, callback.searchParams.get('code')!);
    expect(search).not.toBe(callback.search);
    const { pathname } = callback;
    const traces = await tracesOf(test, () => comeBack(test, { pathname, search }, flow.cookie));
    expectRefusal(traces, 'provider_error', { spent: 1, asked });
    const again = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(again, 'state_mismatch');
  });
});

describe('an error in the callback', () => {
  it.each([
    ['access_denied', 'access_denied'],
    ['server_error', 'provider_error'],
    ['temporarily_unavailable', 'provider_error'],
    ['interaction_required', 'provider_error'],
    ['Access_Denied', 'provider_error'],
    ['state_mismatch', 'provider_error'],
    ['<script>alert(1)</script>', 'provider_error'],
    ['x\r\nSet-Cookie: a=b', 'provider_error'],
  ])('%j is told as %s and asks the provider nothing', async (error, code) => {
    const { flow, callback } = await onTheWay();
    const description = 'https://evil.example';
    const more = { code: null, error, error_description: description, error_uri: description };
    const refused = changed(callback, more);
    const traces = await tracesOf(test, () => comeBack(test, refused, flow.cookie));
    expectRefusal(traces, code, { spent: 1 });
  });

  it.each(PROVIDERS)('goes before a code that comes with it, at %s', async (name) => {
    const { flow, callback } = await onTheWay(name);
    const both = changed(callback, { error: 'access_denied' });
    const traces = await tracesOf(test, () => comeBack(test, both, flow.cookie));
    expectRefusal(traces, 'access_denied', { spent: 1 });
    const again = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(again, 'state_mismatch');
  });

  it('as the provider sends it is told', async () => {
    appear(test, 'acme');
    for (const [error, code] of [
      ['access_denied', 'access_denied'],
      ['server_error', 'provider_error'],
    ] as const) {
      test.acme.authorizationError = error;
      const flow = await begin(test, 'acme');
      const callback = await agree(flow);
      const traces = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
      expectRefusal(traces, code, { spent: 1 });
    }
  });

  it.each<[string, Record<string, string | null>, boolean]>([
    ['without a state', { state: null }, true],
    ['with another state', { state: 'A'.repeat(43) }, true],
    ['in another browser', {}, false],
  ])('%s is refused like any callback', async (_, change, hasCookie) => {
    const { flow, callback } = await onTheWay();
    const forged = changed(callback, { code: null, error: 'access_denied', ...change });
    const cookie = hasCookie ? flow.cookie : undefined;
    expectRefusal(await tracesOf(test, () => comeBack(test, forged, cookie)), 'state_mismatch');
    codeIn(await comeBack(test, callback, flow.cookie));
  });
});

describe('a provider in place of another', () => {
  it.each([
    ['google', 'discord'],
    ['discord', 'google'],
    ['google', 'acme'],
    ['acme', 'github'],
  ] as const)('a flow of %s is not finished at %s', async (name, other) => {
    const { flow, callback } = await onTheWay(name);
    const { search } = callback;
    for (const pathname of [`/auth/oauth/callback/${other}`, `/api/v1/auth/${other}/callback`]) {
      const mixed = { pathname, search };
      const traces = await tracesOf(test, () => comeBack(test, mixed, flow.cookie));
      expectRefusal(traces, 'state_mismatch');
    }
    codeIn(await comeBack(test, callback, flow.cookie));
  });

  it.each([
    ['unknown', 'unknown_provider'],
    ['constructor', 'unknown_provider'],
    ['Google', 'not_found'],
    ['__proto__', 'not_found'],
    ['google%20', 'not_found'],
    ['google%00', 'not_found'],
    ['google%2f..%2fdiscord', 'not_found'],
    ['%ED%95%9C', 'not_found'],
  ])('no provider is called %s', async (name, shortCode) => {
    const { flow, callback } = await onTheWay();
    for (const [pathname, code] of [
      [`/auth/oauth/callback/${name}`, 'unknown_provider'],
      [`/api/v1/auth/${name}/callback`, shortCode],
    ] as const) {
      const there = { pathname, search: callback.search };
      const traces = await tracesOf(test, () => comeBack(test, there, flow.cookie));
      expectProblem(traces.answer, 404, code);
      expect(traces).toMatchObject({ users: 0, sessions: 0, spent: 0, asked: [] });
    }
    for (const [path, code] of [
      [`/auth/oauth/${name}`, 'unknown_provider'],
      [`auth/oauth/${name}`, 'unknown_provider'],
      [`auth/${name}`, shortCode],
    ] as const) {
      const start = await test.api.get(path);
      expectProblem(start, 404, code);
      expect(start.headers.getSetCookie()).toEqual([]);
    }
  });
});

describe('the answer of another issuer (RFC 9207)', () => {
  /** What it announces is known for an hour. */
  const announceIss = (iss: string | null) => {
    test.acme.iss = iss;
    test.clock.advance({ minutes: 61 });
  };
  afterAll(() => announceIss(null));

  it.each(['https://issuer.example.com', 'http://localhost', 'no URL', 'google'])(
    'is refused, if it names %s',
    async (iss) => {
      announceIss(test.acme.origin);
      const { flow, callback } = await onTheWay('acme');
      const mixed = changed(callback, { iss });
      const traces = await tracesOf(test, () => comeBack(test, mixed, flow.cookie));
      expectRefusal(traces, 'provider_error', { spent: 1 });
    },
  );

  it.each<[string, Record<string, string | null>, string]>([
    ['it is missing', { iss: null }, ''],
    ['it is empty', { iss: '' }, ''],
    ['it has a slash more', {}, '/'],
  ])('is refused where the issuer announces iss and %s', async (_, change, suffix) => {
    announceIss(test.acme.origin);
    const { flow, callback } = await onTheWay('acme');
    const iss: Record<string, string> = suffix === '' ? {} : { iss: test.acme.origin + suffix };
    const mixed = changed(callback, { ...change, ...iss });
    const traces = await tracesOf(test, () => comeBack(test, mixed, flow.cookie));
    expectRefusal(traces, 'provider_error', { spent: 1 });
  });

  it('is refused if it comes twice, once right', async () => {
    announceIss(test.acme.origin);
    const { flow, callback } = await onTheWay('acme');
    const search = `${callback.search}&iss=https://issuer.example.com`;
    const mixed = { pathname: callback.pathname, search };
    const traces = await tracesOf(test, () => comeBack(test, mixed, flow.cookie));
    expectRefusal(traces, 'provider_error', { spent: 1 });
  });

  it('is refused where none is announced as well', async () => {
    announceIss(null);
    const { flow, callback } = await onTheWay('acme');
    const mixed = changed(callback, { iss: test.google.origin });
    const traces = await tracesOf(test, () => comeBack(test, mixed, flow.cookie));
    expectRefusal(traces, 'provider_error', { spent: 1 });
  });

  it('is not mistaken for the right one', async () => {
    announceIss(test.acme.origin);
    const { flow, callback } = await onTheWay('acme');
    expect(callback.searchParams.get('iss')).toBe(test.acme.origin);
    codeIn(await comeBack(test, callback, flow.cookie));
  });
});

describe('an authorization request', () => {
  it.each(PROVIDERS)('at %s has PKCE S256 and a state, never the same', async (name) => {
    appear(test, name);
    const flows = await Promise.all([1, 2, 3].map(() => begin(test, name)));
    const wanted = ['state', 'code_challenge', ...(name === 'acme' ? ['nonce'] : [])];
    for (const parameter of wanted) {
      const values = flows.map(({ authorizationUrl: url }) => url.searchParams.get(parameter));
      for (const value of values) expect(value).toMatch(/^[\w-]{43}$/);
      expect(new Set(values).size).toBe(3);
    }
    for (const { authorizationUrl, cookie } of flows) {
      const { searchParams } = authorizationUrl;
      expect(authorizationUrl.href.startsWith(test[name].urls.authorization)).toBe(true);
      expect([...searchParams.keys()].toSorted()).toEqual(
        ['client_id', 'code_challenge_method', 'redirect_uri', 'response_type', 'scope']
          .concat(wanted)
          .toSorted(),
      );
      expect(Object.fromEntries(searchParams)).toMatchObject({
        client_id: `${name}-client`,
        code_challenge_method: 'S256',
        redirect_uri: `${test.api.origin}/auth/oauth/callback/${name}`,
        response_type: 'code',
      });
      for (const secret of [`${name}-secret`, valueOf(cookie)])
        expect(authorizationUrl.href).not.toContain(secret);
    }
  });

  it.each(PROVIDERS)('at %s is answered with the verifier of its challenge', async (name) => {
    const { flow, callback } = await onTheWay(name);
    codeIn(await comeBack(test, callback, flow.cookie));
    const { form, query } = test[name].seen.findLast((request) => request.form)!;
    const digest = createHash('sha256').update(form!['code_verifier']!).digest('base64url');
    expect(digest).toBe(flow.authorizationUrl.searchParams.get('code_challenge'));
    expect(query).toEqual({});
  });

  it.each(PROVIDERS)('at %s that somebody changed on the way is of no use', async (name) => {
    appear(test, name);
    const flow = await begin(test, name);
    const challenge = createHash('sha256').update('a'.repeat(43)).digest('base64url');
    flow.authorizationUrl.searchParams.set('code_challenge', challenge);
    const callback = await agree(flow);
    const traces = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(traces, 'provider_error', { spent: 1, asked: [`${name} token`] });
  });

  it('with another nonce is of no use', async () => {
    appear(test, 'acme');
    const flow = await begin(test, 'acme');
    flow.authorizationUrl.searchParams.set('nonce', 'A'.repeat(43));
    const callback = await agree(flow);
    const traces = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expect(traces.asked[0]).toBe('acme token');
    expectRefusal({ ...traces, asked: [] }, 'provider_error', { spent: 1 });
  });
});

describe('a forged Host', () => {
  const EVIL = 'evil.example';
  const send = (path: string, cookie = '') =>
    sendRaw(
      test.api.origin,
      [
        `GET ${path} HTTP/1.1`,
        `Host: ${EVIL}`,
        `X-Forwarded-Host: ${EVIL}`,
        'X-Forwarded-Proto: https',
        'X-Forwarded-Port: 444',
        'X-Forwarded-Prefix: /evil',
        `Forwarded: host=${EVIL};proto=https`,
        `X-Original-URL: https://${EVIL}/`,
        `Cookie: ${cookie}`,
        'Connection: close',
        '\r\n',
      ].join('\r\n'),
    );

  it.each(PROVIDERS)('does not change where %s sends the browser', async (name) => {
    appear(test, name);
    const answer = await send(`/api/v1/auth/oauth/${name}`);
    const authorizationUrl = new URL(answer.headers.get('location')!);
    expect(answer.status).toBe(302);
    expect(authorizationUrl.searchParams.get('redirect_uri')).toBe(
      `${test.api.origin}/auth/oauth/callback/${name}`,
    );
    expect([...answer.headers].join()).not.toContain(EVIL);
    const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
    const { pathname, search } = await agree({ authorizationUrl, state: '', cookie });
    const end = await send(`${pathname}${search}`, cookie);
    codeIn(end);
    expect([...end.headers].join()).not.toContain(EVIL);
  });

  it('does not change what the list of providers says, or a refusal', async () => {
    const list = await send('/api/v1/auth/oauth/providers');
    expect(list.body.providers).toHaveLength(4);
    for (const { name, start_url } of list.body.providers)
      expect(start_url).toBe(`${test.api.origin}/api/v1/auth/oauth/${name}`);
    const refused = await send('/auth/oauth/callback/google?state=x&code=y');
    expect([refused.status, refused.headers.get('location')]).toEqual([302, MISMATCH]);
  });
});

it('sends nobody’s secret on with a redirect, and lets no cache keep one', async () => {
  appear(test, 'google');
  const answer = await signInAt(test, 'google');
  codeIn(answer);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  expect(answer.text).toBe('');
});

describe('redirect_to', () => {
  const start = (redirectTo: string, path = 'auth/oauth/google') =>
    test.api.get(`${path}?redirect_to=${encodeURIComponent(redirectTo)}`);

  const expectNowhere = (answer: Answer) => {
    expectProblem(answer, 400, 'redirect_not_allowed', ['evil']);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.headers.get('location')).toBeNull();
  };

  const ELSEWHERE = [
    'https://evil.example',
    'http://evil.example/',
    'HTTPS://EVIL.EXAMPLE',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\/\\/evil.example',
    '\\\\evil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'https:\\\\evil.example',
    'http:localhost:3000',
    '/auth',
    'auth',
    '',
    ' ',
    '.',
    '?next=evil',
    '#evil',
    'null',
    'http://',
    'http://localhost:3000@evil.example',
    'https://localhost:3000@evil.example',
    'http://localhost:3000:evil@evil.example/',
    'http://localhost%3A3000@evil.example',
    'http://evil@localhost:3000/',
    'http://evil:evil@localhost:3000/',
    'http://localhost:3000\\@evil.example',
    'http://localhost:3000\\.evil.example',
    'http://evil.example\\@localhost:3000',
    'http://evil.example\\localhost:3000/',
    'http://localhost:3000.evil.example',
    'http://localhost.evil.example:3000',
    'http://localhost:3000evil.example',
    'http://localhost:30000/',
    'http://localhost:3001/',
    'http://localhost/',
    'http://localhost:80/',
    'https://localhost:3000/',
    'ws://localhost:3000/',
    'ftp://localhost:3000/',
    'http://localhost。evil.example:3000/',
    'http://localhost.:3000/',
    'http://localhost\u3002:3000/',
    'http://ｌocalhost:3000/',
    'http://127.0.0.1:3000/',
    'http://[::1]:3000/',
    'http://sub.localhost:3000/',
    'http://localhost:3000 .evil.example',
    'http://localhost:3000\t.evil.example',
    'ht\ttp://localhost:3000/',
    'http://local\thost:3000/',
    'http://localhost:3000/\r\nLocation: https://evil.example',
    'http://localhost:3000/%0d%0a\r\nSet-Cookie: evil=1',
    '\nhttp://localhost:3000/',
    ' http://localhost:3000/',
    'http://localhost:3000/ ',
    'http://localhost:3000/\0',
    'http://localhost:3000/é',
    'http://localhost:3000/<script>',
    'http://localhost:3000/"onload=evil',
    '\u0000http://localhost:3000/',
    'http://%6cocalhost:3000@evil.example/',
    'http://evil.example%2f@localhost:3000/',
    'http://evil.example%23@localhost:3000/',
    'http://evil.example#@localhost:3000/',
    'http://evil.example?@localhost:3000/',
    'http://evil.example/http://localhost:3000/',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'java\tscript:alert(1)',
    'javascript://localhost:3000/%0aalert(1)',
    'data:text/html,<script>evil</script>',
    'vbscript:evil',
    'file:///etc/passwd',
    'blob:http://localhost:3000/evil',
    'view-source:http://localhost:3000/',
    'intent://localhost:3000/#Intent;scheme=evil;end',
    'http://localhost:99999/',
    'http://[evil',
  ];

  const OUTSIDE_THE_FOLDER = [
    'https://admin.example.com',
    'https://admin.example.com/',
    'https://admin.example.com/application',
    'https://admin.example.com/app-evil',
    'https://admin.example.com/app.evil',
    'https://admin.example.com/APP',
    'https://admin.example.com/app/../x',
    'https://admin.example.com/app/..',
    'https://admin.example.com/app/./../x',
    'https://admin.example.com/app/%2e%2e/x',
    'https://admin.example.com/app/.%2E/x',
    'https://admin.example.com/app%2f..%2fx',
    'https://admin.example.com/app/..%2fx',
    'https://admin.example.com/app/..%2Fx',
    'https://admin.example.com/app/..%5cx',
    'https://admin.example.com/app/%2e%2e%2fx',
    'https://admin.example.com/app\\..\\x',
    'https://admin.example.com//app',
    'https://admin.example.com/x/app',
    'https://admin.example.com/x?/app',
    'https://admin.example.com/x#/app',
    'https://admin.example.com/%61pp/../x',
    'https://admin.example.com:444/app',
    'http://admin.example.com/app',
    'https://admin.example.com.evil.example/app',
    'https://evil-admin.example.com/app',
    'https://admin.example.com@evil.example/app',
    'https://example.com/app',
  ];

  it.each([...ELSEWHERE, ...OUTSIDE_THE_FOLDER])('%j is refused', async (redirectTo) => {
    const traces = await tracesOf(test, () => start(redirectTo));
    expectNowhere(traces.answer);
    expect(traces).toMatchObject({ users: 0, sessions: 0, spent: 0, asked: [], audits: [] });
  });

  it.each([
    ['twice', 'redirect_to=http://localhost:3000/&redirect_to=https://evil.example'],
    ['twice alike', 'redirect_to=http://localhost:3000/&redirect_to=http://localhost:3000/'],
    ['percent-encoded too often', 'redirect_to=http%253A%252F%252Flocalhost%253A3000'],
    ['raw with CR and LF encoded', 'redirect_to=http://localhost:3000/%0d%0aX:%20evil'],
    ['with a tab encoded', 'redirect_to=http://localhost:3000%09.evil.example'],
  ])('%s is refused', async (_, query) => {
    expectNowhere(await test.api.get(`auth/oauth/google?${query}`));
  });

  it.each(['redirect_to[]', 'redirect_to[href]', 'Redirect_To', 'redirect_uri', 'next'])(
    'by the name of %s is not looked at',
    async (name) => {
      appear(test, 'google');
      const query = `?${name}=${encodeURIComponent('https://evil.example')}`;
      const flow = await begin(test, 'google', query);
      expect(flow.authorizationUrl.href).not.toContain('evil');
      const answer = await comeBack(test, await agree(flow), flow.cookie);
      codeIn(answer);
      expect(answer.headers.get('location')).toMatch(`${FRONTEND}/auth?code=`);
    },
  );

  it.each(['/auth/oauth/google', 'auth/google', '/api/auth/google', '/api/auth/oauth/google'])(
    'elsewhere is refused by the spelling %s',
    async (path) => {
      expectNowhere(await start('https://evil.example', path));
      expectNowhere(await start('//evil.example', path));
    },
  );

  it('elsewhere is refused where somebody links', async () => {
    appear(test, 'google');
    const { access_token: token } = (await signedInWith(test, 'google')).tokens;
    for (const method of ['GET', 'POST'])
      for (const redirectTo of ['https://evil.example', '//evil.example', '', 'javascript:evil']) {
        const path = `auth/link/discord?redirect_to=${encodeURIComponent(redirectTo)}`;
        expectNowhere(await test.api.call(method, path, { token }));
      }
  });

  it.each([
    ['http://localhost:3000', 'http://localhost:3000/?code='],
    ['http://localhost:3000/', 'http://localhost:3000/?code='],
    ['HTTP://LocalHost:3000/Page', 'http://localhost:3000/Page?code='],
    ['http://localhost:3000/a/../b', 'http://localhost:3000/b?code='],
    ['http://localhost:3000/x?a=1&b=2', 'http://localhost:3000/x?a=1&b=2&code='],
    ['http://localhost:3000/x?to=https://evil.example', 'http://localhost:3000/x?to=https'],
    ['http://localhost:3000//evil.example', 'http://localhost:3000//evil.example?code='],
    ['http://localhost:3000/@evil.example', 'http://localhost:3000/@evil.example?code='],
    ['http://localhost:3000/x?code=planted', 'http://localhost:3000/x?code='],
    ['http://localhost:3000/x?c%6fde=planted&code=again', 'http://localhost:3000/x?code='],
    [ADMIN, `${ADMIN}?code=`],
    [`${ADMIN}/`, `${ADMIN}/?code=`],
    [`${ADMIN}/x`, `${ADMIN}/x?code=`],
    [`${ADMIN}/a/../x`, `${ADMIN}/x?code=`],
    ['https://admin.example.com:443/app/x', `${ADMIN}/x?code=`],
    ['http://localhost:3000/%ED%A0%80%ff', 'http://localhost:3000/%ED%A0%80%ff?code='],
    [`${ADMIN}?q=/../x`, `${ADMIN}?q=/../x&code=`],
  ])('%s is where the sign-in ends', async (redirectTo, end) => {
    appear(test, 'google');
    const flow = await begin(test, 'google', `?redirect_to=${encodeURIComponent(redirectTo)}`);
    expect(flow.authorizationUrl.href).not.toContain('planted');
    const { status, headers } = await comeBack(test, await agree(flow), flow.cookie);
    const location = headers.get('location')!;
    expect([status, location.slice(0, end.length)]).toEqual([302, end]);
    const [code, ...more] = new URL(location).searchParams.getAll('code');
    expect([code, more]).toEqual([expect.stringMatching(/^[\w-]{43}$/), []]);
    expect((await test.api.post('auth/oauth/exchange', { code })).status).toBe(200);
  });

  it('keeps the code out of a fragment', async () => {
    appear(test, 'google');
    const target = encodeURIComponent(`${FRONTEND}/#/signed-in?code=planted`);
    const flow = await begin(test, 'google', `?redirect_to=${target}`);
    const { headers } = await comeBack(test, await agree(flow), flow.cookie);
    expect(headers.get('location')).toMatch(
      /^http:\/\/localhost:3000\/\?code=[\w-]{43}#\/signed-in\?code=planted$/,
    );
  });

  it('is not where a refusal leads', async () => {
    appear(test, 'google', { emailVerified: false });
    const flow = await begin(test, 'google', `?redirect_to=${encodeURIComponent(`${ADMIN}/x`)}`);
    const callback = await agree(flow);
    const traces = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    const left = { spent: 1, asked: ['google token', 'google userinfo'] };
    expectRefusal(traces, 'provider_email_unverified', { ...left, audits: ['sign_in_failed'] });
  });
});

/** Last, because apps of one process share passport's registry: the newest takes all tokens. */
describe('another service', () => {
  it('with another SECRET_KEY seals cookies that are refused here', async () => {
    appear(test, 'google');
    const other = await startTestApp({
      env: { SECRET_KEY: OTHER_KEY, BACKEND_URL: test.api.origin, ...test.google.env('GOOGLE') },
    });
    const flow = await begin(other, 'google');
    await other.close();
    const callback = await agree(flow);
    const traces = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(traces, 'state_mismatch');
  });
});

describe.each(['cookie', 'query'])('where the result is %s', (result) => {
  let other: TestApp;
  beforeAll(async () => {
    const env = { OAUTH_RESULT: result, BACKEND_URL: test.api.origin };
    other = await startTestApp({ env: { ...env, ...test.google.env('GOOGLE') } });
  });
  afterAll(() => other.close());

  it('a stranger, a replay and a refusal get no token', async () => {
    appear(test, 'google');
    const flow = await begin(other, 'google');
    const callback = await agree(flow);
    const stranger = await comeBack(other, callback);
    const good = await comeBack(other, callback, flow.cookie);
    const replay = await comeBack(other, callback, flow.cookie);
    appear(test, 'google', { emailVerified: false });
    const unverified = await begin(other, 'google');
    const refusal = await comeBack(other, await agree(unverified), unverified.cookie);

    const handsOut = ({ headers }: Answer): boolean =>
      /eyJ[\w-]+\.eyJ/.test(`${headers.get('location')} ${headers.getSetCookie().join()}`);
    const answers = [stranger, good, replay, refusal];
    expect(answers.map(handsOut)).toEqual([false, true, false, false]);
    for (const answer of [stranger, replay, refusal])
      expect(answer.headers.get('location')).toMatch(`${FRONTEND}/login?error=`);
    expect(await other.query('SELECT 1 FROM sessions')).toHaveLength(1);
    expect(await other.query('SELECT 1 FROM users')).toHaveLength(1);
  });
});

describe('behind https', () => {
  const HTTPS = 'https://auth.example.com';
  const CALLBACK = `${HTTPS}/auth/oauth/callback/google`;
  let secure: OAuthTestApp;
  beforeAll(async () => {
    secure = await startOAuthApp({ BACKEND_URL: HTTPS });
    secure.google.redirectUris.push(CALLBACK);
  });
  afterAll(() => secure.close());

  it('a sibling domain cannot plant the cookie of a flow that it began', async () => {
    appear(secure, 'google');
    const answer = await secure.api.get('auth/oauth/google');
    const { name, value, attributes } = cookiesSetBy(answer)[0]!;
    expect([name, attributes]).toEqual([
      expect.stringMatching(/^__Host-gatehouse_oauth_[\w-]{16}$/),
      ['Path=/', 'Max-Age=600', 'HttpOnly', 'Secure', 'SameSite=Lax'],
    ]);
    const authorizationUrl = new URL(answer.headers.get('location')!);
    expect(authorizationUrl.searchParams.get('redirect_uri')).toBe(CALLBACK);
    const callback = await agree({ authorizationUrl, state: '', cookie: '' });

    const planted = `${name.replace('__Host-', '')}=${value}`;
    const traces = await tracesOf(secure, () => comeBack(secure, callback, planted));
    expectRefusal(traces, 'state_mismatch');
    codeIn(await comeBack(secure, callback, `${name}=${value}`));
  });
});
