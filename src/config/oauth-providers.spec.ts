import { ConfigError, loadConfig } from './env';
import type { ProviderSettings } from './oauth-settings';

const BASE = { NODE_ENV: 'test', SECRET_KEY: 'k', DATA_DIR: '/nowhere' };
const PRODUCTION = {
  NODE_ENV: 'production',
  SECRET_KEY: 'p9Xv2mKq7Lr4Tz8Wn3Bc6Jd5Hf1Gs0Ya',
  DATABASE_URL: 'postgres://db/gatehouse',
  SMTP_HOST: 'mail.test',
  FROM_EMAIL: 'no-reply@gatehouse.test',
};
const CLIENT = { ACME_CLIENT_ID: 'id', ACME_CLIENT_SECRET: 'hush hush' };
const ENDPOINTS = {
  ACME_AUTHORIZATION_URL: 'https://acme.test/authorize',
  ACME_TOKEN_URL: 'https://acme.test/token',
  ACME_USERINFO_URL: 'https://acme.test/user?full=1',
};
const ISSUER = { ACME_ISSUER: 'https://acme.test/' };
const ACME = { OAUTH_PROVIDERS: 'acme', ...CLIENT, ...ISSUER };

type Environment = Readonly<Record<string, string>>;

const oauth = (environment: Environment) => loadConfig({ ...BASE, ...environment }).oauth;

function provider(name: string, environment: Environment): ProviderSettings {
  const found = oauth(environment).providers.find((each) => each.name === name);
  return found!;
}

function problems(environment: Environment): readonly string[] {
  try {
    loadConfig({ ...BASE, ...environment });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('without any variable', () => {
  it('knows Google and Discord, both off, and ends sign-ins with a code', () => {
    expect(oauth({})).toEqual({
      result: 'code',
      allowsPrivateAddresses: true,
      providers: [
        expect.objectContaining({ name: 'google', displayName: 'Google', client: null }),
        expect.objectContaining({ name: 'discord', displayName: 'Discord', client: null }),
      ],
    });
  });

  it.each([
    ['development', undefined, true],
    ['test', undefined, true],
    ['test', 'false', false],
    ['production', undefined, false],
    ['production', 'true', true],
  ])('in %s with OAUTH_ALLOW_PRIVATE_ADDRESSES=%s', (environment, flag, allows) => {
    const config = loadConfig({
      ...PRODUCTION,
      NODE_ENV: environment,
      OAUTH_ALLOW_PRIVATE_ADDRESSES: flag,
    });
    expect(config.oauth.allowsPrivateAddresses).toBe(allows);
  });

  it.each(['code', 'query', 'json', 'cookie'])('takes the result %s', (result) => {
    expect(oauth({ OAUTH_RESULT: result }).result).toBe(result);
  });

  it('refuses another result', () => {
    expect(problems({ OAUTH_RESULT: 'mail' })).toEqual([
      'OAUTH_RESULT: must be one of code, query, json, cookie',
    ]);
  });
});

describe('a ready provider', () => {
  const google = { GOOGLE_CLIENT_ID: ' id ', GOOGLE_CLIENT_SECRET: ' hush ' };

  it('is on with its client, whose secret is kept as it is', () => {
    expect(provider('google', google)).toEqual({
      name: 'google',
      displayName: 'Google',
      client: { id: 'id', secret: ' hush ' },
      issuer: null,
      authorizationUrl: null,
      tokenUrl: null,
      userinfoUrl: null,
      emailsUrl: null,
      scope: null,
      fields: expect.anything(),
      trustsEmail: false,
      redirectUri: 'http://localhost:8000/auth/oauth/callback/google',
    });
    expect(provider('discord', google).client).toBeNull();
  });

  it('may live elsewhere', () => {
    const moved = provider('discord', {
      DISCORD_CLIENT_ID: 'id',
      DISCORD_CLIENT_SECRET: 'hush',
      DISCORD_AUTHORIZATION_URL: 'http://127.0.0.1:9000/authorize',
      DISCORD_TOKEN_URL: 'http://127.0.0.1:9000/token',
      DISCORD_USERINFO_URL: 'http://127.0.0.1:9000/me',
      DISCORD_DISPLAY_NAME: 'The guild',
    });
    expect(moved).toMatchObject({
      displayName: 'The guild',
      authorizationUrl: 'http://127.0.0.1:9000/authorize',
      tokenUrl: 'http://127.0.0.1:9000/token',
      userinfoUrl: 'http://127.0.0.1:9000/me',
    });
  });

  it('is off with variables set to nothing', () => {
    const empty = { GOOGLE_CLIENT_ID: '', GOOGLE_CLIENT_SECRET: '', GOOGLE_ISSUER: ' ' };
    expect(provider('google', empty).client).toBeNull();
  });

  it.each([
    ['ISSUER', 'https://accounts.google.com'],
    ['EMAILS_URL', 'https://google.test/emails'],
    ['SCOPE', 'openid'],
    ['FIELDS', 'nonsense'],
    ['EMAILS_ARE_VERIFIED', 'true'],
  ])('has no use for %s', (suffix, value) => {
    const line = `GOOGLE_${suffix}: is not used, because google comes ready; remove it`;
    expect(problems({ ...google, [`GOOGLE_${suffix}`]: value })).toEqual([line]);
    expect(problems({ [`GOOGLE_${suffix}`]: value })).toEqual([line]);
  });
});

describe('OAUTH_PROVIDERS', () => {
  it.each([
    ['acme', ['acme']],
    ['Acme, GITHUB ,my_corp2,', ['acme', 'github', 'my_corp2']],
    ['acme,acme,ACME', ['acme']],
    ['google,acme,discord', ['acme']],
    ['constructor', ['constructor']],
    ['a'.repeat(31), ['a'.repeat(31)]],
    [',', []],
  ])('%j adds %j', (value, added) => {
    const { providers } = oauth({ OAUTH_PROVIDERS: value });
    expect(providers.map(({ name }) => name)).toEqual(['google', 'discord', ...added]);
    expect(providers.every(({ client }) => client === null)).toBe(true);
  });

  it.each([
    'a',
    '2fa',
    '_acme',
    'ac-me',
    'ac me',
    'a.b',
    'é2',
    'acme/x',
    'a'.repeat(32),
    '__proto__',
  ])('refuses %j', (name) => {
    expect(problems({ OAUTH_PROVIDERS: `github,${name}` })).toEqual([
      'OAUTH_PROVIDERS: must be comma-separated names of 2 to 31 letters, digits and _, a letter first',
    ]);
  });

  it.each(
    (
      'password oauth link login logout token refresh register me email callback exchange ' +
      'providers csrf Login'
    ).split(' '),
  )('refuses %s, which a route or a sign-in method is called', (name) => {
    expect(problems({ OAUTH_PROVIDERS: `acme,${name}` })).toEqual([
      'OAUTH_PROVIDERS: must not name any of password, oauth, link, login, logout, ' +
        'token, refresh, register, me, email, callback, exchange, providers, csrf: these words are taken',
    ]);
  });

  it('does not read the variables of a provider that it does not name', () => {
    expect(problems({ ACME_CLIENT_ID: 'id', ACME_ISSUER: 'nonsense' })).toEqual([]);
  });
});

describe('another provider', () => {
  it('is discovered from its issuer, whose text is kept', () => {
    expect(provider('acme', ACME)).toMatchObject({
      client: { id: 'id', secret: 'hush hush' },
      issuer: 'https://acme.test/',
      authorizationUrl: null,
      tokenUrl: null,
      userinfoUrl: null,
    });
    const bare = provider('acme', { ...ACME, ACME_ISSUER: 'https://acme.test' });
    expect(bare.issuer).toBe('https://acme.test');
  });

  it('is told by its three endpoints', () => {
    const told = provider('acme', {
      OAUTH_PROVIDERS: 'acme',
      ...CLIENT,
      ...ENDPOINTS,
      ACME_EMAILS_URL: 'https://acme.test/emails',
      ACME_SCOPE: ' read:user user:email ',
      ACME_EMAILS_ARE_VERIFIED: 'true',
    });
    expect(told).toMatchObject({
      issuer: null,
      authorizationUrl: 'https://acme.test/authorize',
      tokenUrl: 'https://acme.test/token',
      userinfoUrl: 'https://acme.test/user?full=1',
      emailsUrl: 'https://acme.test/emails',
      scope: 'read:user user:email',
      trustsEmail: true,
    });
  });

  it('may override one endpoint of what is discovered', () => {
    const settings = provider('acme', { ...ACME, ACME_TOKEN_URL: 'https://proxy.test/token' });
    expect(settings).toMatchObject({
      issuer: 'https://acme.test/',
      authorizationUrl: null,
      tokenUrl: 'https://proxy.test/token',
    });
  });

  it.each([
    ['acme', {}, 'Acme'],
    ['github', {}, 'GitHub'],
    ['my_corp', {}, 'My_corp'],
    ['constructor', {}, 'Constructor'],
    ['acme', { ...ACME, ACME_DISPLAY_NAME: 'ACME, Inc.' }, 'ACME, Inc.'],
  ])('%s %j is called %s', (name, environment, displayName) => {
    const { displayName: called } = provider(name, { OAUTH_PROVIDERS: name, ...environment });
    expect(called).toBe(displayName);
  });

  it.each([
    [{}, 'http://localhost:8000/auth/oauth/callback/acme'],
    [{ PORT: '9000' }, 'http://localhost:9000/auth/oauth/callback/acme'],
    [{ BACKEND_URL: 'https://id.test/base/' }, 'https://id.test/base/auth/oauth/callback/acme'],
    [{ ACME_REDIRECT_URI: 'https://id.test/back/' }, 'https://id.test/back/'],
  ])('with %j is called back at %s', (environment, redirectUri) => {
    expect(provider('acme', { ...ACME, ...environment }).redirectUri).toBe(redirectUri);
  });
});

describe('a half configured provider', () => {
  const noEndpoint =
    'ACME_ISSUER: must be set, or in its place all of ' +
    'ACME_AUTHORIZATION_URL, ACME_TOKEN_URL, ACME_USERINFO_URL';

  it.each<[Environment, string[]]>([
    [
      { GOOGLE_CLIENT_ID: 'id' },
      ['GOOGLE_CLIENT_SECRET: must be set together with GOOGLE_CLIENT_ID'],
    ],
    [
      { GOOGLE_CLIENT_SECRET: 'hush' },
      ['GOOGLE_CLIENT_ID: must be set together with GOOGLE_CLIENT_SECRET'],
    ],
    [
      { DISCORD_TOKEN_URL: 'https://proxy.test/token' },
      [
        'DISCORD_CLIENT_ID: must be set together with DISCORD_TOKEN_URL',
        'DISCORD_CLIENT_SECRET: must be set together with DISCORD_TOKEN_URL',
      ],
    ],
    [CLIENT, [noEndpoint]],
    [
      { ACME_SCOPE: 'email' },
      [
        'ACME_CLIENT_ID: must be set together with ACME_SCOPE',
        'ACME_CLIENT_SECRET: must be set together with ACME_SCOPE',
        noEndpoint,
      ],
    ],
    [
      { ...CLIENT, ACME_TOKEN_URL: 'https://acme.test/token' },
      [
        'ACME_AUTHORIZATION_URL: must be set together with ACME_TOKEN_URL, unless ACME_ISSUER is',
        'ACME_USERINFO_URL: must be set together with ACME_TOKEN_URL, unless ACME_ISSUER is',
      ],
    ],
    [
      { ...ENDPOINTS, ACME_CLIENT_SECRET: 'hush' },
      ['ACME_CLIENT_ID: must be set together with ACME_CLIENT_SECRET'],
    ],
    [
      { GOOGLE_CLIENT_ID: 'id', PORT: 'high', ACME_CLIENT_ID: 'id', ...ISSUER },
      [
        'PORT: must be a whole number from 0 to 65535',
        'GOOGLE_CLIENT_SECRET: must be set together with GOOGLE_CLIENT_ID',
        'ACME_CLIENT_SECRET: must be set together with ACME_CLIENT_ID',
      ],
    ],
  ])('%j stops the start', (environment, lines) => {
    expect(problems({ OAUTH_PROVIDERS: 'acme', ...environment })).toEqual(lines);
  });
});

describe('a wrong value', () => {
  it.each([
    ['ISSUER', 'acme.test', 'must be a URL that starts with http:// or https://'],
    ['TOKEN_URL', 'ftp://acme.test', 'must be a URL that starts with http:// or https://'],
    ['EMAILS_URL', 'javascript:1', 'must be a URL that starts with http:// or https://'],
    ['REDIRECT_URI', '/back', 'must be a URL that starts with http:// or https://'],
    ['EMAILS_ARE_VERIFIED', 'perhaps', 'must be true or false'],
  ])('of %s is one line', (suffix, value, sentence) => {
    expect(problems({ ...ACME, [`ACME_${suffix}`]: value })).toEqual([
      `ACME_${suffix}: ${sentence}`,
    ]);
  });

  it('never shows a secret', () => {
    const secrets = { GOOGLE_CLIENT_SECRET: 'hush-1', ACME_CLIENT_SECRET: 'hush-2' };
    const wrong = { ACME_ISSUER: 'https//hush-3', ACME_FIELDS: 'hush-4', OAUTH_PROVIDERS: 'acme' };
    const lines = problems({ ...secrets, ...wrong });
    expect(lines).toHaveLength(4);
    expect(lines.join('\n')).not.toContain('hush');
  });
});

describe('the field map', () => {
  const standard = {
    subject: 'sub',
    email: 'email',
    emailVerified: 'email_verified',
    name: 'name',
    username: 'preferred_username',
    picture: 'picture',
  };
  const nothing = {
    subject: 'sub',
    email: null,
    emailVerified: null,
    name: null,
    username: null,
    picture: null,
  };

  it('is that of the OpenID Connect claims by default', () => {
    expect(provider('acme', ACME).fields).toEqual(standard);
    expect(provider('google', {}).fields).toEqual(standard);
  });

  it.each([
    ['subject=id', { ...nothing, subject: 'id' }],
    ['email=mail', { ...nothing, email: 'mail' }],
    [' subject=id , picture=data.avatar.url, ', { subject: 'id', picture: 'data.avatar.url' }],
    ['email_verified=__proto__', { emailVerified: '__proto__' }],
    [
      'subject=id,email=email,email_verified=verified,name=name,username=login,picture=avatar_url',
      {
        subject: 'id',
        email: 'email',
        emailVerified: 'verified',
        name: 'name',
        username: 'login',
        picture: 'avatar_url',
      },
    ],
  ])('%j leaves the rest out', (text, fields) => {
    expect(provider('acme', { ...ACME, ACME_FIELDS: text }).fields).toEqual({
      ...nothing,
      ...fields,
    });
  });

  it.each([
    ',',
    'id',
    'subject',
    'subject=',
    '=id',
    'sub=id',
    'emailVerified=verified',
    'subject=id=x',
    'subject=a..b',
    'subject=.id',
    'subject=id.',
    'subject=an id',
    'subject=id,subject=sub',
    'subject=id;email=email',
    '__proto__=id',
  ])('refuses %j', (text) => {
    expect(problems({ ...ACME, ACME_FIELDS: text })).toEqual([
      'ACME_FIELDS: must look like subject=id,picture=avatar.url ' +
        '(each once: subject, email, email_verified, name, username, picture)',
    ]);
  });
});

describe('in production', () => {
  const insecure = {
    OAUTH_PROVIDERS: 'acme',
    ...CLIENT,
    ACME_ISSUER: 'http://acme.test',
    ACME_AUTHORIZATION_URL: 'HTTP://acme.test/authorize',
    ACME_TOKEN_URL: 'http://acme.test/token',
    ACME_USERINFO_URL: 'http://acme.test/me',
    ACME_EMAILS_URL: 'http://acme.test/emails',
  };

  it('every provider is asked by https', () => {
    expect(problems({ ...PRODUCTION, ...insecure })).toEqual(
      ['ISSUER', 'AUTHORIZATION_URL', 'TOKEN_URL', 'USERINFO_URL', 'EMAILS_URL'].map(
        (suffix) =>
          `ACME_${suffix}: must start with https:// in production, unless OAUTH_ALLOW_PRIVATE_ADDRESSES is true`,
      ),
    );
  });

  it.each<Environment>([
    { ...PRODUCTION, ...insecure, OAUTH_ALLOW_PRIVATE_ADDRESSES: 'true' },
    { ...insecure, OAUTH_ALLOW_PRIVATE_ADDRESSES: 'false' },
    { ...PRODUCTION, ...ACME, ...ENDPOINTS, BACKEND_URL: 'http://inside.test' },
  ])('takes %j', (environment) => {
    expect(problems(environment)).toEqual([]);
  });
});
