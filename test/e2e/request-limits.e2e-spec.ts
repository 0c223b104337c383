import { RequestLimit } from '../../src/limits/request-limit';
import { LimitStore } from '../../src/limits/limit-store';
import type { Call } from '../support/api';
import { ageCounts, readCounts } from '../support/limits';
import { type Person, signedIn, type Tokens } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { until } from '../support/until';

let test: TestApp;
let person: Person;
let tokens: Tokens;
beforeAll(async () => {
  test = await startTestApp({
    env: {
      RATE_LIMIT_ENABLED: 'true',
      TRUST_PROXY: '1',
      RATE_LIMIT_REQUESTS: '40/60s',
      RATE_LIMIT_REFRESH: '3/60s',
    },
  });
  ({ person, tokens } = await signedIn(test));
});
afterAll(() => test.close());

let hosts = 0;
/** An address that nobody called from yet. */
const somewhere = (): Call => ({ headers: { 'x-forwarded-for': `203.0.113.${++hosts}` } });

const times = async <T>(count: number, ask: (n: number) => Promise<T>): Promise<T[]> => {
  const answers: T[] = [];
  for (let n = 0; n < count; n++) answers.push(await ask(n));
  return answers;
};

/** The store counts in real time, the process by the clock. */
const pass = async (seconds: number) => {
  await ageCounts(test, seconds);
  test.clock.advance({ seconds });
};

describe('requests from one address', () => {
  it('are as many a minute as the limit says, whatever they ask for', async () => {
    const from = somewhere();
    const paths = ['users/me', '/nowhere', 'oauth/providers', '/openapi.json', 'health'];
    const answers = await times(40, (n) => test.api.get(paths[n % paths.length]!, from));
    expect(answers.filter(({ status }) => status === 429)).toEqual([]);
    for (const path of paths) {
      const answer = await test.api.get(path, from);
      expectProblem(answer, 429, 'rate_limited');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(50);
    }
    expect((await test.api.get('auth/oauth/providers', somewhere())).status).toBe(200);
  });

  it('begin anew after a minute and not before', async () => {
    const from = somewhere();
    await times(41, () => test.api.get('/nowhere', from));
    await pass(30);
    const early = await test.api.get('/nowhere', from);
    expect(early.status).toBe(429);
    expect(Number(early.headers.get('retry-after'))).toBeLessThanOrEqual(30);
    await pass(30);
    expect((await test.api.get('/nowhere', from)).status).toBe(404);
  });

  it('say in each answer what is allowed and what is left', async () => {
    const from = somewhere();
    const first = await test.api.get('/nowhere', from);
    expect(first.headers.get('ratelimit-policy')).toBe('"requests";q=40;w=60');
    expect(first.headers.get('ratelimit')).toBe('"requests";r=39;t=60');
    await times(40, () => test.api.get('/nowhere', from));
    const refused = await test.api.get('/nowhere', from);
    expect(refused.headers.get('ratelimit')).toMatch(/^"requests";r=0;t=\d+$/);
  });

  it('are refused before their body is read', async () => {
    const from = somewhere();
    await times(40, () => test.api.get('/nowhere', from));
    const headers = { ...from.headers, 'content-type': 'application/json' };
    const answer = await test.api.call('PATCH', 'users/me', { raw: '{', headers });
    expect(answer.status).toBe(429);
  });

  it('are told to a browser of an allowed origin, with what is left', async () => {
    const origin = 'http://localhost:3000';
    const from = { headers: { ...somewhere().headers, origin } };
    await times(40, () => test.api.get('/nowhere', from));
    const { status, headers } = await test.api.get('/nowhere', from);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([429, origin]);
    expect(headers.get('access-control-expose-headers')).toContain('RateLimit');
  });

  it('never keep a probe or a scrape away', async () => {
    const from = somewhere();
    await times(45, () => test.api.get('/nowhere', from));
    for (const path of ['health/live', 'health/ready', '/metrics', '/api/health/live']) {
      const answer = await test.api.get(path, from);
      expect([answer.status, answer.headers.get('ratelimit')]).toEqual([200, null]);
    }
  });

  it('of every process are counted together, with at most a twentieth missed', async () => {
    const limits = [1, 2].map(
      () => new RequestLimit(test.config, test.app.get(LimitStore, { strict: false })),
    );
    const ip = '203.0.113.250';
    for (let n = 0; n < 38; n++) limits[0]!.count(ip);
    await until(async () => {
      const counts = await readCounts(test);
      return counts.some(({ key, points }) => key.startsWith('requests:') && points === 38);
    });
    // The second process has nothing to go by until it has told its first two.
    expect(limits[1]!.count(ip).used).toBe(1);
    expect(limits[1]!.count(ip).used).toBe(2);
    await until(() => limits[1]!.peek(ip, 'any').used === 40);
    expect(limits[1]!.count(ip).used).toBe(41);
  });

  it('beyond fifty thousand addresses do not take more memory', () => {
    const limit = new RequestLimit(test.config, test.app.get(LimitStore, { strict: false }));
    for (let n = 0; n < 60_000; n++) limit.count(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    const { size } = (limit as unknown as { counter: { windows: Map<string, unknown> } }).counter
      .windows;
    expect(size).toBeLessThanOrEqual(50_000);
    expect(limit.count('10.0.234.95').used).toBe(2);
  });
});

describe('routes with a limit of their own', () => {
  it('do not use up the requests of others, nor the other way round', async () => {
    const from = somewhere();
    await times(41, () => test.api.get('/nowhere', from));
    const login = await test.api.post(
      'auth/login',
      { username: person.username, password: person.password },
      from,
    );
    expect(login.status).toBe(200);
    expect(login.headers.get('ratelimit-policy')).toBe('"login-ip";q=60;w=60, "login";q=5;w=60');
    expect(login.headers.get('ratelimit')).toMatch(/^"login-ip";r=59;t=\d+, "login";r=4;t=\d+$/);
  });

  it('refuse what they never got to count, past the same number', async () => {
    const from = somewhere();
    const garbage = () => test.api.post('auth/login', { username: 'ada' }, from);
    const answers = await times(41, garbage);
    expect(answers.slice(0, 40).every(({ status }) => status === 422)).toBe(true);
    expectProblem(answers[40]!, 429, 'rate_limited');
    // Whoever is refused there can still do everything else.
    expect((await test.api.get('/nowhere', from)).status).toBe(404);
  });

  it('preflights count for nothing', async () => {
    const from = somewhere();
    const headers = {
      ...from.headers,
      origin: 'http://localhost:3000',
      'access-control-request-method': 'POST',
    };
    const preflight = () => test.api.call('OPTIONS', 'auth/login', { headers });
    const answers = await times(45, preflight);
    expect(answers.every(({ status }) => status === 204)).toBe(true);
    expect((await test.api.post('auth/login', { username: 'ada' }, from)).status).toBe(422);
    expect((await test.api.get('/nowhere', from)).headers.get('ratelimit')).toContain('r=39');
  });

  it('refresh: as many a minute for a session, from wherever, and no session suffers', async () => {
    let { refresh_token: refreshToken } = tokens;
    for (let n = 0; n < 3; n++) {
      const answer = await test.api.post(
        'auth/refresh',
        { refresh_token: refreshToken },
        somewhere(),
      );
      expect(answer.status).toBe(200);
      refreshToken = answer.body.refresh_token;
    }
    const refused = await test.api.post(
      'auth/refresh',
      { refresh_token: refreshToken },
      somewhere(),
    );
    expectProblem(refused, 429, 'rate_limited');
    await pass(60);
    const again = await test.api.post('auth/refresh', { refresh_token: refreshToken }, somewhere());
    expect(again.status).toBe(200);
  });

  it('mails: an address that asks for many people is counted as any', async () => {
    const from = somewhere();
    const ask = (n: number) =>
      test.api.post('auth/password/reset/request', { email: `many${n}@example.com` }, from);
    const answers = await times(41, ask);
    expect(answers.slice(0, 40).every(({ status }) => status === 200)).toBe(true);
    expectProblem(answers[40]!, 429, 'rate_limited');
  });
});
