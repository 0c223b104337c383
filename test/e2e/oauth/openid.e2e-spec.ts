import { FRONTEND, type OAuthTestApp, startOAuthApp, travel } from '../../support/oauth-app';
import { appear, enter, meOf } from '../../support/oauth-people';
import { expectProblem } from '../../support/problems';
import { signedIn } from '../../support/people';

const NOWHERE = 'http://127.0.0.1:9';
/** What form encoding and base64 could spoil. */
const ODD_SECRET = 's:e%c r+e&t=/?é"';

let test: OAuthTestApp;

/** Of these no two may be alive at once in one process. */
const withApp = (...parameters: Parameters<typeof startOAuthApp>) => {
  beforeAll(async () => {
    test = await startOAuthApp(...parameters);
  });
  beforeEach(() => void appear(test, 'acme'));
  afterEach(() => expect(test.acme.violations).toEqual([]));
  afterAll(() => test.close());
};

const endOf = async (provider: 'acme' | 'github' = 'acme'): Promise<string> => {
  const { location } = await travel(test, provider);
  return location!.searchParams.get('error') ?? [...location!.searchParams.keys()].join();
};

const timesAsked = (path: string): number =>
  test.acme.seen.filter((request) => request.path === path).length;
const discoveries = (): number => timesAsked('/.well-known/openid-configuration');

describe('discovery', () => {
  withApp();
  afterEach(() => {
    test.acme.discoveryFault = null;
    test.clock.advance({ hours: 2 });
  });

  it('is asked once an hour', async () => {
    const before = discoveries();
    for (let n = 0; n < 3; n++) expect(await endOf()).toBe('code');
    expect(discoveries()).toBe(before + 1);
    test.clock.advance({ minutes: 59 });
    expect(await endOf()).toBe('code');
    expect(discoveries()).toBe(before + 1);
    test.clock.advance({ minutes: 1, seconds: 1 });
    expect(await endOf()).toBe('code');
    expect(discoveries()).toBe(before + 2);
  });

  it('is asked once by sixteen at once', async () => {
    const before = discoveries();
    const ends = await Promise.all(
      Array.from({ length: 16 }, () => test.api.get('auth/oauth/acme')),
    );
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set([302]));
    expect(discoveries()).toBe(before + 1);
  });

  it.each(['status500', 'html', 'notJson', 'reset', 'huge', 'wrongIssuer'] as const)(
    'that fails with %s is told and not kept',
    async (fault) => {
      test.acme.discoveryFault = fault;
      const before = discoveries();
      const answer = await test.api.get('auth/oauth/acme');
      expect([answer.status, answer.headers.get('location')]).toEqual([
        302,
        `${FRONTEND}/login?error=provider_error`,
      ]);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(discoveries()).toBe(before + 1);
      test.acme.discoveryFault = null;
      expect(await endOf()).toBe('code');
      expect(discoveries()).toBe(before + 2);
    },
  );

  it('that fails is a problem to who links, and takes nothing from the other providers', async () => {
    const { access_token: token } = (await signedIn(test)).tokens;
    test.acme.discoveryFault = 'status500';
    for (const method of ['GET', 'POST']) {
      const answer = await test.api.call(method, 'auth/link/acme', { token });
      expectProblem(answer, 503, 'provider_error', ['status500', '127.0.0.1']);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(await endOf('github')).toBe('code');
    const { body } = await test.api.get('auth/oauth/providers');
    expect(body.providers).toHaveLength(4);
  });
});

describe('where claims are', () => {
  withApp({ ACME_FIELDS: 'subject=sub,email=email,email_verified=email_verified,name=nick.name' });
  afterEach(() => {
    test.acme.idToken = () => {};
    test.acme.userinfo = null;
  });

  it('is in the id token, where that tells the address: nobody asks for more', async () => {
    const before = timesAsked('/userinfo');
    const { email } = appear(test, 'acme');
    expect(await meOf(test, await enter(test, 'acme'))).toMatchObject({ email, is_verified: true });
    expect(timesAsked('/userinfo')).toBe(before);
  });

  it('is where the user is read, if the id token tells the subject only', async () => {
    const { email } = appear(test, 'acme');
    test.acme.idToken = (claims) => {
      for (const name of ['email', 'email_verified', 'name']) delete claims[name];
    };
    const before = timesAsked('/userinfo');
    expect(await meOf(test, await enter(test, 'acme'))).toMatchObject({ email, is_verified: true });
    expect(timesAsked('/userinfo')).toBe(before + 1);
  });

  it('is deeper in an object, if the map says so', async () => {
    test.acme.idToken = (claims) => {
      claims['nick'] = { name: 'Countess' };
    };
    expect((await meOf(test, await enter(test, 'acme'))).full_name).toBe('Countess');
  });
});

describe('the map of an OpenID provider whose id token has an address of another meaning', () => {
  withApp({ ACME_FIELDS: 'subject=sub,email=work.mail,email_verified=work.verified' });
  afterEach(() => {
    test.acme.userinfo = null;
  });

  it('is looked up where the user is read', async () => {
    const work = { mail: 'ada@work.example.com', verified: true };
    test.acme.userinfo = ({ sub }) => ({ sub, work });
    expect(await meOf(test, await enter(test, 'acme'))).toMatchObject({
      email: work.mail,
      is_verified: true,
    });
  });
});

describe('endpoints that the operator names', () => {
  withApp(({ acme }) => {
    acme.discovery = (metadata) =>
      Object.assign(metadata, {
        authorization_endpoint: `${NOWHERE}/authorize`,
        token_endpoint: `${NOWHERE}/token`,
        userinfo_endpoint: `${NOWHERE}/userinfo`,
      });
    return {
      ACME_AUTHORIZATION_URL: `${acme.urls.authorization}?tenant=ours`,
      ACME_TOKEN_URL: acme.urls.token,
      ACME_USERINFO_URL: acme.urls.userinfo,
      ACME_SCOPE: 'openid email',
    };
  });

  it('are asked in place of the discovered ones', async () => {
    const { email } = appear(test, 'acme');
    test.acme.idToken = (claims) => {
      delete claims['email'];
    };
    const start = await test.api.get('auth/oauth/acme');
    const url = new URL(start.headers.get('location')!);
    expect(url.href).toMatch(`${test.acme.urls.authorization}?`);
    expect(url.searchParams.get('tenant')).toBe('ours');
    expect(url.searchParams.get('scope')).toBe('openid email');

    const user = await meOf(test, await enter(test, 'acme'));
    expect(user).toMatchObject({ email, full_name: null });
    expect([timesAsked('/token'), timesAsked('/userinfo')]).toEqual([1, 1]);
  });
});

describe('a ready provider whose endpoints the operator names', () => {
  withApp(({ google }) => ({
    GOOGLE_AUTHORIZATION_URL: `${google.urls.authorization}?hd=example.com`,
  }));

  it('keeps the query of the address', async () => {
    const answer = await test.api.get('auth/oauth/google');
    const url = new URL(answer.headers.get('location')!);
    expect(url.origin + url.pathname).toBe(test.google.urls.authorization);
    expect([url.searchParams.get('hd'), url.searchParams.get('response_type')]).toEqual([
      'example.com',
      'code',
    ]);
  });
});

describe.each([
  [undefined, 'basic'],
  [['client_secret_basic'], 'basic'],
  [['client_secret_post'], 'post'],
  [['client_secret_basic', 'client_secret_post'], 'post'],
  [['client_secret_post', 'client_secret_basic'], 'post'],
  [['private_key_jwt', 'client_secret_basic'], 'basic'],
  [['private_key_jwt', 'client_secret_post'], 'post'],
])('a provider that takes client authentication by %j', (methods, way) => {
  withApp(({ acme }) => {
    acme.discovery = (metadata) => {
      metadata['token_endpoint_auth_methods_supported'] = methods;
    };
    acme.clients.push({
      id: 'odd client:%+&é',
      secret: ODD_SECRET,
      redirectUris: acme.redirectUris,
    });
    return { ACME_CLIENT_ID: 'odd client:%+&é', ACME_CLIENT_SECRET: ODD_SECRET };
  });

  it(`gets it by ${way}, whatever is in the secret`, async () => {
    expect(await endOf()).toBe('code');
    const { headers, form } = test.acme.seen.find(({ path }) => path === '/token')!;
    const isBasic = headers.authorization?.startsWith('Basic ') ?? false;
    expect([isBasic, form!['client_secret']]).toEqual(
      way === 'basic' ? [true, undefined] : [false, ODD_SECRET],
    );
    expect(form).toMatchObject({ grant_type: 'authorization_code' });
    expect(JSON.stringify(test.acme.seen.map(({ query }) => query))).not.toContain('secret');
  });
});
