import { cookiesSetBy } from '../../support/cookies';
import { FRONTEND, type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';
import { appear, type ProviderName, PROVIDERS } from '../../support/oauth-people';
import { signedIn } from '../../support/people';
import { expectCleanLogs } from '../../support/problems';
import { UserAgent } from '../../support/providers/user-agent';

const SECRET = /^[\w-]{43}$/;

let test: OAuthTestApp;
let agent: UserAgent;
beforeAll(async () => {
  test = await startOAuthApp();
});
beforeEach(() => {
  agent = new UserAgent(() => test.clock.now().getTime());
  for (const provider of PROVIDERS) appear(test, provider);
});
afterEach(() => expectCleanLogs(test.logs));
afterAll(() => test.close());

/** A tab that waits at the provider; the answer is the page that it shows. */
async function openTab(provider: ProviderName, path = `/api/v1/auth/oauth/${provider}`) {
  const answer = await agent.get(test.api.origin + path);
  expect(answer.status).toBe(302);
  return answer.headers.get('location')!;
}

/** Agrees in a tab, and says where that ends. */
async function finish(tab: string): Promise<string> {
  const { location } = await agent.follow(tab, { until: FRONTEND });
  const { origin, pathname, searchParams } = location!;
  const [name] = [...searchParams.keys()];
  const value = name === 'code' ? '' : searchParams.get(name!);
  return `${origin}${pathname}?${name}=${value}`;
}

const DONE = `${FRONTEND}/auth?code=`;
const MISMATCH = `${FRONTEND}/login?error=state_mismatch`;

const flowCookies = (): string[] =>
  agent
    .cookies('127.0.0.1')
    .map(({ name }) => name)
    .filter((name) => name.startsWith('gatehouse_oauth_'));

describe.each([
  ['google', 'openid email profile'],
  ['discord', 'identify email'],
  ['github', 'read:user user:email'],
  ['acme', 'openid email profile'],
] as const)('what %s is asked', (provider, scope) => {
  it.each([
    `/api/v1/auth/oauth/${provider}`,
    `/api/auth/oauth/${provider}`,
    `/auth/oauth/${provider}`,
    `/api/auth/${provider}`,
    `/api/v1/auth/${provider}`,
  ])('by %s', async (path) => {
    const answer = await agent.get(test.api.origin + path);
    expect([answer.status, answer.text]).toEqual([302, '']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const url = new URL(answer.headers.get('location')!);
    expect(url.origin + url.pathname).toBe(test[provider].urls.authorization);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: `${provider}-client`,
      redirect_uri: `${test.api.origin}/auth/oauth/callback/${provider}`,
      scope,
      state: expect.stringMatching(SECRET),
      code_challenge: expect.stringMatching(SECRET),
      code_challenge_method: 'S256',
      ...(provider === 'acme' && { nonce: expect.stringMatching(SECRET) }),
    });
    expect(cookiesSetBy(answer)).toEqual([
      {
        name: expect.stringMatching(/^gatehouse_oauth_[\w-]{16}$/),
        value: expect.stringMatching(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/),
        attributes: ['Path=/', 'Max-Age=600', 'HttpOnly', 'SameSite=Lax'],
      },
    ]);
  });
});

describe('tabs of one browser', () => {
  it('finish in the order in which they began', async () => {
    const [one, two] = [await openTab('google'), await openTab('google')];
    expect([await finish(one), await finish(two)]).toEqual([DONE, DONE]);
  });

  it('finish in another order, and at several providers', async () => {
    const tabs: string[] = [];
    for (const provider of PROVIDERS) tabs.push(await openTab(provider));
    for (const tab of tabs.toReversed()) expect(await finish(tab)).toBe(DONE);
    expect(flowCookies()).toEqual([]);
  });

  it('finish at once', async () => {
    const [one, two] = [await openTab('google'), await openTab('acme')];
    expect(await Promise.all([finish(one), finish(two)])).toEqual([DONE, DONE]);
  });

  it('do not disturb each other when one of them is cancelled', async () => {
    const [one, two] = [await openTab('google'), await openTab('google')];
    test.google.authorizationError = 'access_denied';
    expect(await finish(one)).toBe(`${FRONTEND}/login?error=access_denied`);
    test.google.authorizationError = null;
    expect(await finish(two)).toBe(DONE);
  });

  it('may sign in in one and link in the other', async () => {
    const { access_token: token } = (await signedIn(test)).tokens;
    const link = `${test.api.origin}/api/v1/auth/link/discord`;
    const start = await agent.post(link, {}, { authorization: `Bearer ${token}` });
    const signIn = await openTab('google');
    expect(await finish(start.body.authorization_url)).toBe(`${FRONTEND}/auth?linked=discord`);
    expect(await finish(signIn)).toBe(DONE);
  });

  it('are four: the fifth forgets the others', async () => {
    const tabs: string[] = [];
    for (let n = 0; n < 4; n++) tabs.push(await openTab('google'));
    expect(flowCookies()).toHaveLength(4);
    const fifth = await openTab('google');
    expect(flowCookies()).toHaveLength(1);
    for (const tab of tabs) expect(await finish(tab)).toBe(MISMATCH);
    expect(await finish(fifth)).toBe(DONE);
    expect(flowCookies()).toEqual([]);
  });

  it('make room when they finish', async () => {
    for (let n = 0; n < 8; n++) expect(await finish(await openTab('google'))).toBe(DONE);
    const tabs = [await openTab('google'), await openTab('google'), await openTab('google')];
    expect(flowCookies()).toHaveLength(3);
    for (const tab of tabs) expect(await finish(tab)).toBe(DONE);
  });

  it.each([
    [599, DONE],
    [600, MISMATCH],
    [3600, MISMATCH],
  ])('after %d seconds end at %s', async (seconds, end) => {
    const tab = await openTab('google');
    test.clock.advance({ seconds });
    expect(await finish(tab)).toBe(end);
  });

  it('finish at the provider that they began at, and at no other', async () => {
    const until = `${test.api.origin}/auth/oauth/callback`;
    const { location } = await agent.follow(await openTab('google'), { until });
    expect(await finish(location!.href.replace('/google?', '/discord?'))).toBe(MISMATCH);
  });

  it('finish once: a callback that is loaded again ends, and the session of the first stays', async () => {
    const { hops } = await agent.follow(await openTab('google'), { until: FRONTEND });
    expect(await finish(hops.at(-1)!)).toBe(MISMATCH);
    expect(test.google.replays).toBe(0);
  });
});

it('keeps no flow in a table for longer than it could come again', async () => {
  const spent = async () => (await test.query('SELECT id FROM oauth_spent_flows')).length;
  for (let n = 0; n < 3; n++) await finish(await openTab('google'));
  expect(await spent()).toBeGreaterThan(2);
  test.clock.advance({ minutes: 10, seconds: 1 });
  await finish(await openTab('google'));
  expect(await spent()).toBe(1);
});
