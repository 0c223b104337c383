import { effectsOf } from '../../support/effects';
import {
  FRONTEND,
  linkWith,
  type OAuthTestApp,
  signedInWith,
  startOAuthApp,
  tokensAfter,
} from '../../support/oauth-app';
import { appear, enter, meOf } from '../../support/oauth-people';
import { signedIn } from '../../support/people';
import { expectCleanLogs, expectProblem } from '../../support/problems';
import { UserAgent } from '../../support/providers/user-agent';

let test: OAuthTestApp;

/** Of these no two may be alive at once in one process. */
const withApp = (...parameters: Parameters<typeof startOAuthApp>) => {
  beforeAll(async () => {
    test = await startOAuthApp(...parameters);
  });
  afterAll(() => test.close());
};

const cleanLogs = () => afterEach(() => expectCleanLogs(test.logs));

const startUrl = (name: string): string => `${test.api.origin}/api/v1/auth/oauth/${name}`;

describe('the list of providers', () => {
  describe('by default', () => {
    withApp();
    cleanLogs();

    it('has those that are on, as people know them, with where a link leads', async () => {
      const answer = await test.api.get('auth/oauth/providers');
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        providers: [
          { name: 'google', display_name: 'Google', start_url: startUrl('google') },
          { name: 'discord', display_name: 'Discord', start_url: startUrl('discord') },
          { name: 'github', display_name: 'GitHub', start_url: startUrl('github') },
          { name: 'acme', display_name: 'Acme', start_url: startUrl('acme') },
        ],
      });
      const short = await test.api.get('/api/auth/oauth/providers');
      expect(short.body).toEqual(answer.body);
    });

    it('leads to sign-ins', async () => {
      const { body } = await test.api.get('auth/oauth/providers');
      for (const { name, start_url } of body.providers) {
        appear(test, name);
        const { location } = await new UserAgent().follow(start_url, { until: FRONTEND });
        expect([name, location?.searchParams.has('code')]).toEqual([name, true]);
      }
    });
  });

  describe('where some are off and some have other names', () => {
    withApp({
      OAUTH_PROVIDERS: 'acme,github,other',
      GOOGLE_CLIENT_ID: '',
      GOOGLE_CLIENT_SECRET: '',
      GOOGLE_AUTHORIZATION_URL: '',
      GOOGLE_TOKEN_URL: '',
      GOOGLE_USERINFO_URL: '',
      DISCORD_DISPLAY_NAME: 'Our Discord',
      ACME_DISPLAY_NAME: 'Acme & Söhne',
      GITHUB_DISPLAY_NAME: '',
    });

    it('has no others, in the order of the configuration', async () => {
      const { body } = await test.api.get('auth/oauth/providers');
      expect(body.providers).toEqual([
        { name: 'discord', display_name: 'Our Discord', start_url: startUrl('discord') },
        { name: 'acme', display_name: 'Acme & Söhne', start_url: startUrl('acme') },
        { name: 'github', display_name: 'GitHub', start_url: startUrl('github') },
      ]);
    });

    it('gives mails and linked accounts the same names', async () => {
      const { person, tokens } = await signedIn(test);
      appear(test, 'acme');
      const { mails } = await effectsOf(
        test,
        async () => (await linkWith(test, 'acme', tokens)).answer,
      );
      expect(mails).toEqual([`sign_in_method_linked to ${person.email}`]);
      const mail = await test.inbox.waitFor(person.email, /can now sign in/);
      expect(mail.subject).toMatch(/^Acme & Söhne can/);
      const { access_token: token } = tokens;
      const { body } = await test.api.get('users/me/linked-accounts', { token });
      expect(body.linked_accounts).toMatchObject([
        { provider: 'acme', display_name: 'Acme & Söhne' },
      ]);
    });

    /** Every route that takes a provider. */
    const ROUTES = [
      ['GET', '/api/v1/auth/oauth/NAME'],
      ['GET', '/api/auth/oauth/NAME'],
      ['GET', '/auth/oauth/NAME'],
      ['GET', '/auth/oauth/callback/NAME'],
      ['GET', '/api/v1/auth/NAME'],
      ['GET', '/api/auth/NAME'],
      ['GET', '/api/v1/auth/NAME/callback'],
      ['GET', '/api/auth/NAME/callback'],
      ['GET', '/api/v1/auth/link/NAME/callback'],
      ['GET', '/api/auth/link/NAME/callback'],
      ['GET', '/api/v1/auth/link/NAME'],
      ['GET', '/api/auth/link/NAME'],
      ['POST', '/api/v1/auth/link/NAME'],
      ['POST', '/api/auth/link/NAME'],
    ] as const;

    it.each(ROUTES)('says at %s %s what is off and what is unknown', async (method, path) => {
      const { access_token: token } = (await signedIn(test)).tokens;
      for (const off of ['google', 'other']) {
        const answer = await test.api.call(method, path.replace('NAME', off), { token });
        expectProblem(answer, 503, 'provider_not_configured');
        expect(answer.headers.get('retry-after')).toBe('3600');
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
      for (const name of ['gooogle', 'g', 'constructor', 'password', 'x'.repeat(31)]) {
        const answer = await test.api.call(method, path.replace('NAME', name), { token });
        expectProblem(answer, 404, 'unknown_provider');
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    });

    it.each(ROUTES)('has at %s %s nothing for odd names', async (method, path) => {
      const { access_token: token } = (await signedIn(test)).tokens;
      const isShort = !path.includes('/oauth/') && !path.endsWith('link/NAME');
      for (const name of ['Google', 'ACME', '__proto__', '%00', 'a%2Fb', '💩', '%20acme']) {
        const answer = await test.api.call(method, path.replace('NAME', name), { token });
        expectProblem(answer, 404, isShort ? 'not_found' : 'unknown_provider');
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    });

    it.each(['/api/v1/users/me/link/NAME', '/api/users/me/link/NAME'])(
      'says at DELETE %s that nothing is linked',
      async (path) => {
        const { access_token: token } = (await signedIn(test)).tokens;
        for (const name of ['google', 'other', 'acme', 'gooogle', '__proto__', '💩']) {
          const answer = await test.api.delete(path.replace('NAME', name), { token });
          expectProblem(answer, 404, 'identity_not_found');
        }
      },
    );
  });
});

describe.each([
  ['/api/v1/auth/google', '/api/v1/auth/google/callback'],
  ['/api/auth/google', '/api/auth/google/callback'],
  ['/api/auth/google', '/api/v1/auth/link/google/callback'],
  ['/api/v1/auth/oauth/google', '/api/auth/link/google/callback'],
  ['/api/auth/oauth/google', '/api/auth/google/callback'],
  ['/auth/oauth/google', '/auth/oauth/callback/google'],
])('the spelling %s with a callback at %s', (start, callback) => {
  withApp(({ google: { redirectUris } }) => {
    const { origin } = new URL(redirectUris[0]!);
    redirectUris.splice(0, 1, `${origin}${callback}`);
    return { GOOGLE_REDIRECT_URI: `${origin}${callback}` };
  });
  cleanLogs();

  it('signs in', async () => {
    const { email } = appear(test, 'google');
    const journey = await new UserAgent().follow(`${test.api.origin}${start}`, { until: FRONTEND });
    expect(journey.hops.map((hop) => new URL(hop).pathname)).toEqual([
      start,
      '/o/oauth2/v2/auth',
      callback,
    ]);
    expect(journey.location!.href).toMatch(/^http:\/\/localhost:3000\/auth\?code=[\w-]{43}$/);
    expect((await meOf(test, await tokensAfter(test, journey))).email).toBe(email);
    expect(test.google.violations).toEqual([]);
  });

  it.each(['/api/v1/auth/link/google', '/api/auth/link/google'])('links by %s', async (link) => {
    const { tokens } = await signedIn(test);
    const { access_token: token } = tokens;
    appear(test, 'google');
    const agent = new UserAgent();
    const begun = await agent.get(`${test.api.origin}${link}`, {
      authorization: `Bearer ${token}`,
    });
    expect(begun.status).toBe(302);
    const url = begun.headers.get('location')!;
    const { location } = await agent.follow(url, { until: FRONTEND });
    expect(location!.href).toBe(`${FRONTEND}/auth?linked=google`);
  });

  it('takes redirect_to', async () => {
    appear(test, 'google');
    const from = `${test.api.origin}${start}?redirect_to=${FRONTEND}/welcome`;
    const { location } = await new UserAgent().follow(from, { until: FRONTEND });
    expect(location!.href).toMatch(/^http:\/\/localhost:3000\/welcome\?code=[\w-]{43}$/);
  });
});

describe('routes that a provider’s name does not hide', () => {
  withApp();
  cleanLogs();

  it.each([
    ['GET', 'auth/me', 401, 'unauthenticated'],
    ['GET', 'auth/csrf', 401, 'unauthenticated'],
    ['GET', 'auth/nobody', 404, 'unknown_provider'],
    ['POST', 'auth/google', 404, 'not_found'],
    ['DELETE', 'auth/link/google', 404, 'not_found'],
    ['POST', '/auth/oauth/google', 404, 'not_found'],
    ['POST', '/auth/oauth/callback/google', 404, 'not_found'],
    ['GET', 'auth/google/callback/more', 404, 'not_found'],
    ['GET', '/auth/google', 404, 'not_found'],
    ['GET', '/google', 404, 'not_found'],
  ] as const)('%s %s answers %d %s', async (method, path, status, code) => {
    expectProblem(await test.api.call(method, path), status, code);
  });
});

describe('an address that the operator vouches for', () => {
  withApp(({ github }) => ({
    OAUTH_PROVIDERS: 'github,acme,plain',
    ACME_EMAILS_ARE_VERIFIED: 'true',
    GITHUB_EMAILS_ARE_VERIFIED: 'true',
    // The user object of the same provider, which says nothing of what is verified.
    PLAIN_CLIENT_ID: 'github-client',
    PLAIN_CLIENT_SECRET: 'github-secret',
    PLAIN_AUTHORIZATION_URL: github.urls.authorization,
    PLAIN_TOKEN_URL: github.urls.token,
    PLAIN_USERINFO_URL: github.urls.userinfo,
    PLAIN_REDIRECT_URI: github.redirectUris[0]!.replace(/github$/, 'plain'),
    PLAIN_FIELDS: 'subject=id,email=mail',
    PLAIN_EMAILS_ARE_VERIFIED: 'true',
  }));
  beforeAll(() => {
    test.github.redirectUris.push(test.github.redirectUris[0]!.replace(/github$/, 'plain'));
  });

  it.each([false, undefined, 'false', null])('is verified where acme says %p', async (said) => {
    const { email } = appear(test, 'acme', { emailVerified: said });
    expect(await meOf(test, await enter(test, 'acme'))).toMatchObject({ email, is_verified: true });
  });

  it('is verified where the list of addresses says that it is not', async () => {
    const { email } = appear(test, 'github', { emailVerified: false });
    expect(await meOf(test, await enter(test, 'github'))).toMatchObject({
      email,
      is_verified: true,
    });
  });

  it('is verified where the map names no field that says so', async () => {
    test.github.userinfo = () => ({ id: 4711, mail: 'plain@example.com' });
    const { user } = await signedInWith(test, 'plain');
    test.github.userinfo = null;
    expect(user).toMatchObject({ email: 'plain@example.com', is_verified: true });
  });

  it('joins', async () => {
    const { person } = await signedIn(test);
    appear(test, 'acme', { email: person.email, emailVerified: false });
    expect((await meOf(test, await enter(test, 'acme'))).id).toBe(person.id);
  });

  it('is one that there is', async () => {
    appear(test, 'acme', { email: undefined });
    expect(await meOf(test, await enter(test, 'acme'))).toMatchObject({
      email: null,
      is_verified: false,
    });
  });

  it('is of that provider, and of no other', async () => {
    appear(test, 'google', { emailVerified: false });
    const { location } = await new UserAgent().follow(startUrl('google'), { until: FRONTEND });
    expect(location!.href).toBe(`${FRONTEND}/login?error=provider_email_unverified`);
  });
});
