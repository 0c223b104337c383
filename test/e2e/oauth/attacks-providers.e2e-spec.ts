import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FRONTEND, type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';
import {
  agree,
  begin,
  behaveAgain,
  codeIn,
  comeBack,
  expectGoodClient,
  expectRefusal,
  expectSecretsKept,
  signInAt,
  type Traces,
  tracesOf,
} from '../../support/oauth-attacks';
import { appear, type ProviderName, PROVIDERS } from '../../support/oauth-people';
import { expectCleanLogs, expectProblem } from '../../support/problems';
import { type Fault, RawReply, type TokenFault } from '../../support/providers/faults';
import { Refusal } from '../../support/providers/grants';
import type { Claims, LocalOidc } from '../../support/providers/oidc-provider';
import { startTestApp, type TestApp } from '../../support/test-app';

let test: OAuthTestApp;
/** Where a redirect leads that must not be followed. */
let elsewhere: Server;
const visits: string[] = [];

beforeAll(async () => {
  test = await startOAuthApp();
  elsewhere = createServer(({ method, url }, response) => {
    visits.push(`${method} ${url}`);
    response.end('{}');
  });
  await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
});
beforeEach(() => {
  // Discovery and keys are known for an hour.
  test.clock.advance({ minutes: 61 });
});
afterEach(() => {
  behaveAgain(test);
  expectGoodClient(test);
  expect(visits).toEqual([]);
});
afterAll(async () => {
  try {
    expectCleanLogs(test.logs);
    await expectSecretsKept(test);
  } finally {
    elsewhere.close();
    await test.close();
  }
});

const REDIRECT = 'redirect';
const faultOf = <F>(fault: F): F | { redirect: string } =>
  fault === REDIRECT
    ? { redirect: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/elsewhere` }
    : fault;

/** Everything but discovery is asked in the callback. */
async function callBackAt(name: ProviderName, app: TestApp = test): Promise<Traces> {
  const flow = await begin(app, name);
  const callback = await agree(flow);
  return tracesOf(test, () => comeBack(app, callback, flow.cookie));
}

/** The same person is refused nothing once the provider behaves again. */
async function expectRecovery(name: ProviderName): Promise<void> {
  behaveAgain(test);
  test.clock.advance({ seconds: 1 });
  appear(test, name);
  const traces = await callBackAt(name);
  codeIn(traces.answer);
  expect(traces).toMatchObject({ users: 1, identities: 1, sessions: 1, spent: 1 });
}

/** Acme leaves the address out of its ID token, so that userinfo is asked for it. */
const thinIdToken: LocalOidc['idToken'] = (claims) => {
  delete claims['email'];
  delete claims['email_verified'];
};

describe('a fault where codes are redeemed', () => {
  const FAULTS = [
    'status500',
    'html',
    'notJson',
    'huge',
    'reset',
    'noToken',
    'errorWith200',
    REDIRECT,
  ] as const;

  describe.each(PROVIDERS)('at %s', (name) => {
    it.each(FAULTS)('%s ends the sign-in and is told to nobody', async (fault) => {
      appear(test, name);
      test[name].tokenFault = faultOf<string>(fault) as TokenFault;
      const traces = await callBackAt(name);
      expectRefusal(traces, 'provider_error', { spent: 1, asked: [`${name} token`] });
      await expectRecovery(name);
    });
  });
});

describe('a fault where users are read', () => {
  const FAULTS = ['status500', 'html', 'notJson', 'huge', 'reset', REDIRECT] as const;
  const PLACES = [
    ['google', 'userinfo', ['userinfo']],
    ['discord', 'userinfo', ['userinfo']],
    ['github', 'userinfo', ['userinfo']],
    ['github', 'emails', ['userinfo', 'emails']],
    ['acme', 'userinfo', ['keys', 'userinfo']],
  ] as const;

  describe.each(PLACES)('at %s, %s,', (name, place, then) => {
    it.each(FAULTS)('%s ends the sign-in and is told to nobody', async (fault) => {
      appear(test, name);
      test.acme.idToken = thinIdToken;
      Object.assign(test[name], { [`${place}Fault`]: faultOf<string>(fault) });
      const traces = await callBackAt(name);
      const asked = ['token', ...then].map((role) => `${name} ${role}`);
      expectRefusal(traces, 'provider_error', { spent: 1, asked });
      await expectRecovery(name);
    });

    it.each([
      ['nothing', ''],
      ['null', 'null'],
      ['a number', '42'],
      ['text', '"ada"'],
      ['a list', '[]'],
      ['an empty object', '{}'],
      ['a prototype', '{"__proto__":{"sub":"1","id":"1"}}'],
    ])('%s in place of an object makes nobody', async (_, text) => {
      if (place === 'emails') return;
      appear(test, name);
      test.acme.idToken = thinIdToken;
      test[name].userinfo = () => text;
      const traces = await callBackAt(name);
      const asked = ['token', ...then].map((role) => `${name} ${role}`);
      expectRefusal(traces, 'provider_error', { spent: 1, asked });
    });
  });

  it('is not waited for longer than five seconds', async () => {
    appear(test, 'google');
    appear(test, 'github');
    const [google, github] = [await begin(test, 'google'), await begin(test, 'github')];
    const callbacks = [await agree(google), await agree(github)] as const;
    test.google.tokenFault = 'hang';
    test.github.userinfoFault = 'stall';
    const begun = Date.now();
    const traces = await tracesOf(test, async () => {
      const [answer, other] = await Promise.all([
        comeBack(test, callbacks[0], google.cookie),
        comeBack(test, callbacks[1], github.cookie),
      ]);
      expect(other.headers.get('location')).toBe(`${FRONTEND}/login?error=provider_error`);
      return answer;
    });
    expect(Date.now() - begun).toBeLessThan(7000);
    const asked = ['google token', 'github token', 'github userinfo'];
    expectRefusal(traces, 'provider_error', { spent: 2, asked });
    await expectRecovery('google');
  });
});

describe('a fault in what is discovered', () => {
  const startAtAcme = () => tracesOf(test, () => test.api.get('auth/oauth/acme'));

  it.each(['status500', 'html', 'notJson', 'huge', 'reset', 'wrongIssuer', REDIRECT])(
    '%s lets nobody go there, and is not remembered',
    async (fault) => {
      test.acme.discoveryFault = faultOf<string>(fault) as Fault;
      const traces = await startAtAcme();
      expectRefusal(traces, 'provider_error', { asked: ['acme discovery'] });
      expect(traces.answer.headers.getSetCookie()).toEqual([]);
      await expectRecovery('acme');
    },
  );

  it.each(['status500', 'html', 'notJson', 'huge', 'reset', REDIRECT])(
    '%s in place of keys ends the sign-in, and is not remembered',
    async (fault) => {
      appear(test, 'acme');
      test.acme.keysFault = faultOf<string>(fault) as Fault;
      const asked = ['acme token', 'acme keys'];
      expectRefusal(await callBackAt('acme'), 'provider_error', { spent: 1, asked });
      await expectRecovery('acme');
    },
  );

  it('between the way there and the way back ends the sign-in', async () => {
    appear(test, 'acme');
    await begin(test, 'acme');
    test.clock.advance({ minutes: 55 });
    const flow = await begin(test, 'acme');
    const callback = await agree(flow);
    test.clock.advance({ minutes: 6 });
    test.acme.discoveryFault = 'wrongIssuer';
    const traces = await tracesOf(test, () => comeBack(test, callback, flow.cookie));
    expectRefusal(traces, 'provider_error', { spent: 1, asked: ['acme discovery'] });
    await expectRecovery('acme');
  });

  it.each<[string, LocalOidc['discovery']]>([
    ['an issuer beneath', (metadata) => (metadata['issuer'] += '/tenant')],
    ['no issuer', (metadata) => delete metadata['issuer']],
    ['no place to go', (metadata) => delete metadata['authorization_endpoint']],
    ['a script to go to', (metadata) => (metadata['authorization_endpoint'] = 'javascript:x')],
    ['data to go to', (metadata) => (metadata['authorization_endpoint'] = 'data:text/html,x')],
    ['a file to go to', (metadata) => (metadata['authorization_endpoint'] = 'file:///etc/passwd')],
  ])('%s lets nobody go there', async (_, discovery) => {
    test.acme.discovery = discovery;
    const traces = await startAtAcme();
    expectRefusal(traces, 'provider_error', { asked: ['acme discovery'] });
    test.clock.advance({ minutes: 61 });
    await expectRecovery('acme');
  });

  it.each(['token_endpoint', 'jwks_uri'])('a file as %s is not read', async (name) => {
    appear(test, 'acme');
    test.acme.discovery = (metadata) => (metadata[name] = 'file:///etc/passwd');
    const traces = await callBackAt('acme');
    const asked = name === 'jwks_uri' ? ['acme token'] : [];
    expectRefusal(traces, 'provider_error', { spent: 1, asked });
    test.clock.advance({ minutes: 61 });
    await expectRecovery('acme');
  });
});

describe('an ID token', () => {
  const refuse = async (asked: readonly string[]) => {
    appear(test, 'acme');
    const traces = await callBackAt('acme');
    expectRefusal(traces, 'provider_error', { spent: 1, asked });
    await expectRecovery('acme');
  };
  /** What is wrong in it shows before its signature is looked at. */
  const UNREAD = ['acme token'];
  const READ = ['acme token', 'acme keys'];
  const hoursFromNow = (hours: number) => Math.floor(Date.now() / 1000) + hours * 3600;

  it.each<[string, LocalOidc['idToken']]>([
    ['of a foreign issuer', (claims) => (claims.iss = 'https://issuer.example.com')],
    ['of an issuer with a slash more', (claims) => (claims.iss += '/')],
    ['without an issuer', (claims) => delete (claims as Claims)['iss']],
    ['for a foreign audience', (claims) => (claims['aud'] = 'another')],
    ['for nobody', (claims) => delete claims['aud']],
    ['for an empty list', (claims) => (claims['aud'] = [])],
    ['for us in another case', (claims) => (claims['aud'] = 'ACME-client')],
    [
      'for us and another, presented by the other',
      (claims) => Object.assign(claims, { aud: ['acme-client', 'another'], azp: 'another' }),
    ],
    ['that ended long ago', (claims) => (claims.exp = claims.iat - 3600)],
    ['without an end', (claims) => delete (claims as Claims)['exp']],
    ['with an end in words', (claims) => Object.assign(claims, { exp: 'never' })],
    ['that begins later', (claims) => (claims['nbf'] = hoursFromNow(2))],
    ['without the time it was made', (claims) => delete (claims as Claims)['iat']],
    ['with another nonce', (claims) => (claims['nonce'] = 'A'.repeat(43))],
    ['without a nonce', (claims) => delete claims['nonce']],
    ['with a list as nonce', (claims) => (claims['nonce'] = [claims['nonce']])],
    ['without a subject', (claims) => delete claims['sub']],
    ['with an empty subject', (claims) => (claims['sub'] = '')],
    ['with a number as subject', (claims) => (claims['sub'] = 4711)],
    ['with an object as subject', (claims) => (claims['sub'] = { id: 1 })],
    ['with a list as subject', (claims) => (claims['sub'] = ['1'])],
    ['with null as subject', (claims) => (claims['sub'] = null)],
  ])('%s proves nothing', async (_, falsify) => {
    test.acme.idToken = falsify;
    appear(test, 'acme');
    const { asked, ...traces } = await callBackAt('acme');
    expectRefusal({ ...traces, asked: [] }, 'provider_error', { spent: 1 });
    expect(asked[0]).toBe('acme token');
    expect(['acme token', 'acme keys']).toEqual(expect.arrayContaining([...asked]));
    await expectRecovery('acme');
  });

  it.each([
    ['foreignKey', READ],
    ['algNone', UNREAD],
    ['hmac', UNREAD],
    ['notJwt', UNREAD],
    ['missing', UNREAD],
  ] as const)('with the fault %s proves nothing', async (fault, asked) => {
    test.acme.idTokenFault = fault;
    await refuse(asked);
  });

  it.each(['algNone', 'hmac'] as const)(
    'with the fault %s proves nothing where the provider announces it',
    async (fault) => {
      test.acme.idTokenFault = fault;
      test.acme.discovery = (metadata) =>
        (metadata['id_token_signing_alg_values_supported'] = ['none', 'HS256', 'RS256']);
      appear(test, 'acme');
      const { asked: _, ...traces } = await callBackAt('acme');
      expectRefusal({ ...traces, asked: [] }, 'provider_error', { spent: 1 });
      await expectRecovery('acme');
    },
  );

  it('by a key never published proves nothing', async () => {
    test.acme.idToken = (_claims, header) => (header.kid = 'another');
    await refuse(READ);
  });

  it('with a name for its key that leads elsewhere proves nothing, and is not followed', async () => {
    const { port } = elsewhere.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/keys`;
    test.acme.idToken = (_claims, header) =>
      Object.assign(header, { kid: '../../dev/null', jku: url, x5u: url });
    await refuse(READ);
  });

  it('of one sign-in proves nothing in another', async () => {
    const issue = test.acme['idTokenOf'];
    let first: object | null = null;
    test.acme['idTokenOf'] = async (grant) => (first ??= await issue.call(test.acme, grant));
    appear(test, 'acme');
    codeIn((await callBackAt('acme')).answer);
    const traces = await callBackAt('acme');
    expectRefusal(traces, 'provider_error', { spent: 1, asked: UNREAD });
    test.acme['idTokenOf'] = issue;
    await expectRecovery('acme');
  });
});

describe('userinfo of an ID token without an address', () => {
  it.each<[string, (person: Claims) => unknown]>([
    ['another subject', (person) => ({ ...person, sub: 'another' })],
    ['no subject', (person) => ({ ...person, sub: undefined })],
    ['the subject as a number', (person) => ({ ...person, sub: Number(person.sub) })],
    ['the subject in a list', (person) => ({ ...person, sub: [person.sub] })],
    ['a JWT', (person) => new RawReply(200, JSON.stringify(person), 'application/jwt')],
    ['an error', (person) => new RawReply(403, JSON.stringify(person))],
  ])('with %s is refused', async (_, userinfo) => {
    appear(test, 'acme');
    test.acme.idToken = thinIdToken;
    test.acme.userinfo = userinfo;
    const asked = ['acme token', 'acme keys', 'acme userinfo'];
    expectRefusal(await callBackAt('acme'), 'provider_error', { spent: 1, asked });
    await expectRecovery('acme');
  });

  it('verifies its address with its own word, not with that of the ID token', async () => {
    appear(test, 'acme');
    test.acme.idToken = (claims) => {
      delete claims['email'];
      claims['email_verified'] = true;
    };
    test.acme.userinfo = (person) => ({ ...person, email_verified: false });
    const traces = await callBackAt('acme');
    const asked = ['acme token', 'acme keys', 'acme userinfo'];
    const left = { spent: 1, asked, audits: ['sign_in_failed'] };
    expectRefusal(traces, 'provider_email_unverified', left);
  });
});

describe('a subject', () => {
  const ASKED = {
    google: ['google token', 'google userinfo'],
    discord: ['discord token', 'discord userinfo'],
    github: ['github token', 'github userinfo'],
  } as const;
  const NAMES = ['google', 'discord', 'github'] as const;

  describe.each(NAMES)('at %s', (name) => {
    it.each<[string, unknown]>([
      ['empty', ''],
      ['null', null],
      ['missing', undefined],
      ['a fraction', 1.5],
      ['2^53 + 1', 2 ** 53 + 1],
      ['true', true],
      ['an object', { id: '1' }],
      ['a list', ['1']],
      ['300 characters long', 'a'.repeat(300)],
      ['with a NUL', 'a\0b'],
      ['with a lone surrogate', 'a\ud800'],
    ])('%s is nobody', async (_, subject) => {
      appear(test, name, { subject });
      const traces = await callBackAt(name);
      expect(traces.asked.slice(0, 2)).toEqual(ASKED[name]);
      expectRefusal({ ...traces, asked: [] }, 'provider_error', { spent: 1 });
    });

    it('of 255 characters is somebody', async () => {
      const subject = `${name}${'x'.repeat(255 - name.length)}`;
      appear(test, name, { subject });
      codeIn((await callBackAt(name)).answer);
      const rows = await test.query('SELECT 1 FROM identities WHERE subject = $1', [subject]);
      expect(rows).toHaveLength(1);
    });
  });

  it('too large for a number of JavaScript is not taken for its neighbour', async () => {
    const { email } = appear(test, 'github');
    test.github.userinfo = () => `{"id": 9007199254740993, "login": "x", "email": "${email}"}`;
    const traces = await callBackAt('github');
    expectRefusal({ ...traces, asked: [] }, 'provider_error', { spent: 1 });
  });

  it.each([
    ['300 characters', 'a'.repeat(300)],
    ['a NUL', 'a\0b'],
  ])('in an ID token with %s is nobody', async (_, subject) => {
    appear(test, 'acme', { subject });
    const asked = ['acme token', 'acme keys'];
    expectRefusal(await callBackAt('acme'), 'provider_error', { spent: 1, asked });
  });
});

describe('an address that is not verified', () => {
  const NOT_TRUE = [false, 'false', 0, null, undefined, 1, 'TRUE', 'True', 'yes', '', [true], {}];
  const VALUES = NOT_TRUE.map((value) => [JSON.stringify(value) ?? 'nothing', value] as const);

  /** Of nobody, and of somebody here. */
  async function addresses(): Promise<string[]> {
    const { email } = appear(test, 'google');
    codeIn(await signInAt(test, 'google'));
    return ['nobody@example.com', email];
  }

  describe.each(['google', 'acme', 'discord'] as const)('at %s', (name) => {
    it.each(VALUES)('by %s signs in nobody, whoever has it', async (_, emailVerified) => {
      const answers: unknown[] = [];
      for (const email of await addresses()) {
        appear(test, name, { email, emailVerified });
        const traces = await callBackAt(name);
        const { asked } = traces;
        const left = { spent: 1, asked, audits: ['sign_in_failed'] };
        expectRefusal(traces, 'provider_email_unverified', left);
        const rows = await test.query('SELECT * FROM audit_events ORDER BY id DESC LIMIT 1');
        const { status, headers } = traces.answer;
        const names = [...headers.keys()];
        answers.push({ status, names, subject: rows[0].subject_id, details: rows[0].details });
      }
      expect(answers[1]).toEqual(answers[0]);
    });

    it('by true or "true" is verified', async () => {
      for (const emailVerified of [true, 'true']) {
        appear(test, name, { emailVerified });
        codeIn((await callBackAt(name)).answer);
      }
    });
  });

  it.each<[string, (email: string) => unknown]>([
    ['that is primary', (email) => [{ email, primary: true, verified: false }]],
    ['by a word', (email) => [{ email, primary: true, verified: 'no' }]],
    ['by nothing', (email) => [{ email, primary: true }]],
    [
      'before a second primary one',
      (email) => [
        { email, primary: true, verified: false },
        { email, primary: true, verified: true },
      ],
    ],
  ])('at github, %s, signs in nobody', async (_, emails) => {
    for (const email of await addresses()) {
      appear(test, 'github', { email });
      test.github.emails = () => emails(email);
      const traces = await callBackAt('github');
      const asked = ['github token', 'github userinfo', 'github emails'];
      const left = { spent: 1, asked, audits: ['sign_in_failed'] };
      expectRefusal(traces, 'provider_email_unverified', left);
    }
  });
});

describe('somebody without an address', () => {
  const expectNoAddress = async (name: ProviderName, subject: string) => {
    const traces = await callBackAt(name);
    codeIn(traces.answer);
    expect(traces).toMatchObject({ users: 1, identities: 1, sessions: 1, mails: [] });
    const [row] = await test.query(
      `SELECT u.email, u.email_verified_at, u.password_hash FROM users u
       JOIN identities i ON i.user_id = u.id WHERE i.provider = $1 AND i.subject = $2`,
      [name, subject],
    );
    expect(row).toEqual({ email: null, email_verified_at: null, password_hash: null });
  };

  it.each([
    ['null', null],
    ['missing', undefined],
    ['empty', ''],
  ])('at discord, %s, has an account without one', async (_, email) => {
    const { subject } = appear(test, 'discord', { email, emailVerified: true });
    await expectNoAddress('discord', subject);
  });

  it.each<[string, (email: string) => unknown]>([
    ['a list without a primary one', (email) => [{ email, primary: false, verified: true }]],
    ['a primary one by a number', (email) => [{ email, primary: 1, verified: true }]],
    ['an empty list', () => []],
    ['a list of text', (email) => [email]],
    ['a list of null', () => [null]],
  ])('at github, by %s, has an account without one', async (_, emails) => {
    const { subject, email } = appear(test, 'github');
    test.github.emails = () => emails(email);
    await expectNoAddress('github', subject);
  });
});

it.each<[string, (email: string) => unknown]>([
  ['an object', (email) => ({ email, primary: true, verified: true })],
  ['an error', () => ({ message: 'Bad credentials' })],
  ['an address', (email) => email],
  ['null', () => null],
])('%s in place of a list of addresses makes nobody', async (_, emails) => {
  const { email } = appear(test, 'github');
  test.github.emails = () => JSON.stringify(emails(email));
  const asked = ['github token', 'github userinfo', 'github emails'];
  expectRefusal(await callBackAt('github'), 'provider_error', { spent: 1, asked });
});

describe('what a provider repeats or hides in its answers', () => {
  /** Any text but JSON, as short as error messages quote it whole. */
  it.each(['google', 'discord', 'github', 'acme'] as const)(
    'is in no log: the access token as the user at %s',
    async (name) => {
      appear(test, name);
      test.acme.idToken = thinIdToken;
      test[name].userinfo = () => new RawReply(200, test[name].issuedTokens.at(-1)!);
      const { asked: _, ...traces } = await callBackAt(name);
      expectRefusal({ ...traces, asked: [] }, 'provider_error', { spent: 1 });
      await expectSecretsKept(test);
    },
  );

  it.each(PROVIDERS)('is in no log: what was sent, as an error of %s', async (name) => {
    const redeem = test[name]['redeem'];
    for (const status of [400, 401, 500]) {
      appear(test, name);
      test[name]['redeem'] = ({ form }) => {
        const sent = [...form!.values()].join(' ');
        throw new Refusal(
          form!.get('code')!,
          `no: ${sent}, ${test[name].clients[0]!.secret}`,
          status,
        );
      };
      const { asked: _, ...traces } = await callBackAt(name);
      expectRefusal({ ...traces, asked: [] }, 'provider_error', { spent: 1 });
    }
    test[name]['redeem'] = redeem;
    await expectSecretsKept(test);
  });

  it.each(PROVIDERS)('is in no log: an access token that fits no header, at %s', async (name) => {
    const accessToken = 'a-token-that-breaks-into-lines';
    const provider = test[name] as unknown as {
      idTokenOf: (grant: unknown) => Promise<object>;
    };
    const issue = provider.idTokenOf;
    for (const unfit of ['\n', '\r\nX: y', '\0', '\u0100', '\ud800']) {
      appear(test, name);
      test.acme.idToken = thinIdToken;
      provider.idTokenOf = async (grant) => ({
        ...(await issue.call(provider, grant)),
        access_token: accessToken + unfit,
      });
      const { asked: _, ...traces } = await callBackAt(name);
      expectRefusal({ ...traces, asked: [] }, 'provider_error', { spent: 1 });
    }
    provider.idTokenOf = issue;
    expect(test.logs.filter((line) => line.includes(accessToken))).toEqual([]);
  });

  it('is in no log: an access token that userinfo of google complains of', async () => {
    appear(test, 'google');
    for (const complain of [
      (token: string) => ({ error: { code: 401, message: `bad token ${token}` } }),
      (token: string) => ({ error: token, error_description: `bad token ${token}` }),
      (token: string) => ({ error: 'invalid_token', error_description: `bad token ${token}` }),
    ]) {
      test.google.userinfo = () =>
        new RawReply(401, JSON.stringify(complain(test.google.issuedTokens.at(-1)!)));
      const traces = await callBackAt('google');
      const asked = ['google token', 'google userinfo'];
      expectRefusal(traces, 'provider_error', { spent: 1, asked });
    }
    await expectSecretsKept(test);
  });

  it.each(PROVIDERS)('is in no log and no answer: markup as an error of %s', async (name) => {
    appear(test, name);
    test[name].authorizationError = '<script>alert(1)</script>';
    const traces = await callBackAt(name);
    expectRefusal(traces, 'provider_error', { spent: 1 });
    expect(test.logs.join('')).not.toContain('<script>');
  });
});

describe('where the result is JSON', () => {
  let json: TestApp;
  beforeAll(async () => {
    json = await startTestApp({
      env: {
        OAUTH_RESULT: 'json',
        OAUTH_PROVIDERS: 'github,acme',
        BACKEND_URL: test.api.origin,
        ...test.google.env('GOOGLE'),
        ...test.discord.env('DISCORD'),
        ...test.github.env('GITHUB'),
        ...test.acme.env('ACME'),
      },
    });
  });
  beforeEach(() => json.clock.advance({ minutes: 61 }));
  afterAll(() => json.close());

  it.each(PROVIDERS)('a fault of %s is a problem that tells nothing of it', async (name) => {
    for (const fault of ['status500', 'html', 'errorWith200', 'reset', REDIRECT]) {
      appear(test, name);
      test[name].tokenFault = faultOf(fault) as TokenFault;
      const flow = await begin(json, name);
      const answer = await comeBack(json, await agree(flow), flow.cookie);
      expectProblem(answer, 503, 'provider_error', [test[name].origin, '127.0.0.1', 'token']);
    }
    await expectSecretsKept({ ...test, ...json });
  });

  it.each(PROVIDERS)('what %s repeats of what it was sent is in no log', async (name) => {
    const redeem = test[name]['redeem'];
    test[name]['redeem'] = ({ form }) => {
      throw new Refusal('invalid_grant', `no: ${[...form!.values()].join(' ')}`);
    };
    appear(test, name);
    const flow = await begin(json, name);
    const answer = await comeBack(json, await agree(flow), flow.cookie);
    test[name]['redeem'] = redeem;
    expectProblem(answer, 503, 'provider_error', [`${name}-secret`]);
    await expectSecretsKept({ ...test, ...json });
  });

  it('what google complains of where users are read is in no log', async () => {
    appear(test, 'google');
    test.google.userinfo = () => {
      const message = `bad token ${test.google.issuedTokens.at(-1)}`;
      return new RawReply(401, JSON.stringify({ error: { code: 401, message } }));
    };
    const flow = await begin(json, 'google');
    const answer = await comeBack(json, await agree(flow), flow.cookie);
    expectProblem(answer, 503, 'provider_error', [test.google.issuedTokens.at(-1)!]);
    await expectSecretsKept({ ...test, ...json });
  });

  it('a script is nowhere that a page which links is told to go', async () => {
    appear(test, 'google');
    const start = await begin(json, 'google');
    const { body } = await comeBack(json, await agree(start), start.cookie);
    test.acme.discovery = (metadata) => (metadata['authorization_endpoint'] = 'javascript:x');
    const { access_token: token } = body;
    const answer = await json.api.post('auth/link/acme', undefined, { token });
    expectProblem(answer, 503, 'provider_error', ['javascript']);
  });

  it('a stranger’s callback is a problem, and a good one a pair of tokens', async () => {
    appear(test, 'google');
    const flow = await begin(json, 'google');
    const callback = await agree(flow);
    expectProblem(await comeBack(json, callback), 400, 'state_mismatch');
    const answer = await comeBack(json, callback, flow.cookie);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(Object.keys(answer.body)).toContain('refresh_token');
    expectProblem(await comeBack(json, callback, flow.cookie), 400, 'state_mismatch');
  });
});

describe('where private addresses are refused', () => {
  let strict: TestApp;
  beforeAll(async () => {
    const named = (env: Record<string, string>, host: string) =>
      Object.fromEntries(
        Object.entries(env).map(([name, value]) => [
          name,
          name.endsWith('AUTHORIZATION_URL') ? value : value.replace('127.0.0.1', host),
        ]),
      );
    strict = await startTestApp({
      env: {
        OAUTH_ALLOW_PRIVATE_ADDRESSES: 'false',
        OAUTH_PROVIDERS: 'github,acme',
        BACKEND_URL: test.api.origin,
        ...test.google.env('GOOGLE'),
        ...named(test.discord.env('DISCORD'), 'localhost'),
        ...named(test.github.env('GITHUB'), '[::ffff:127.0.0.1]'),
        ...named(test.acme.env('ACME'), 'localhost'),
      },
    });
  });
  afterAll(() => strict.close());

  it.each(['google', 'discord', 'github'] as const)('%s is not called', async (name) => {
    appear(test, name);
    const traces = await callBackAt(name, strict);
    expectRefusal(traces, 'provider_error', { asked: [] });
  });

  it('nothing is discovered', async () => {
    const traces = await tracesOf(test, () => strict.api.get('auth/oauth/acme'));
    expectRefusal(traces, 'provider_error', { asked: [] });
  });

  it('nobody is made, and nothing secret is logged', async () => {
    expect(await strict.query('SELECT 1 FROM users')).toEqual([]);
    await expectSecretsKept({ ...test, ...strict });
  });
});
