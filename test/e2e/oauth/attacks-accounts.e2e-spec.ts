import type { Answer } from '../../support/api';
import { alter, countOf, effectsOf, userRow } from '../../support/effects';
import { emailChangeToken, resetToken, verificationToken } from '../../support/links';
import { FRONTEND, linkWith, type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';
import {
  agree,
  begin,
  beginLink,
  behaveAgain,
  codeIn,
  comeBack,
  expectGoodClient,
  expectRefusal,
  expectSecretsKept,
  signInAt,
  tracesOf,
} from '../../support/oauth-attacks';
import {
  appear,
  enter,
  identitiesOf,
  meOf,
  type ProviderName,
  PROVIDERS,
} from '../../support/oauth-people';
import {
  PASSWORD,
  type Person,
  signedIn,
  signIn,
  signUp,
  signUpVerified,
  sixteen,
  type Tokens,
} from '../../support/people';
import { expectCleanLogs, expectProblem } from '../../support/problems';
import { standstill } from '../../support/standstill';

const NEW_PASSWORD = 'a better battery';

let test: OAuthTestApp;
beforeAll(async () => {
  // So that whoever prepares an account gets as far as they can.
  test = await startOAuthApp({ LOGIN_REQUIRES_VERIFIED_EMAIL: 'false' });
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

const statusOf = async ({ access_token: token }: Tokens): Promise<number> =>
  (await test.api.get('auth/me', { token })).status;

const login = ({ username }: Person, password: string) =>
  test.api.post('auth/login', { username, password });

const exchange = (code: string) => test.api.post('auth/oauth/exchange', { code });

const tokensOf = async (answer: Answer): Promise<Tokens> => {
  const { status, body } = await exchange(codeIn(answer));
  expect(status).toBe(200);
  return body;
};

/** A browser at the end of its way: it comes back when it is told to. */
async function onTheWay(provider: ProviderName): Promise<() => Promise<Answer>> {
  const flow = await begin(test, provider);
  const callback = await agree(flow);
  return () => comeBack(test, callback, flow.cookie);
}

const providersOf = async (user: { readonly id: string }): Promise<string[]> =>
  (await identitiesOf(test, user)).map(({ provider }) => provider);

/** An account with the victim's address, and whatever its maker can hold on to. */
async function prepared(own: ProviderName = 'discord') {
  const person = await signUp(test);
  const verification = await verificationToken(test, person);
  const tokens = await signIn(test, person);
  const identity = appear(test, own, { email: `attacker-${person.email}` });
  await linkWith(test, own, tokens);
  const change = await emailChangeToken(test, person, tokens, `thief-${person.email}`);
  const code = codeIn(await signInAt(test, own));
  const signingIn = await onTheWay(own);
  const flow = await beginLink(test, 'github', tokens);
  appear(test, 'github', { email: `attacker-${person.email}` });
  const linkCallback = await agree(flow);
  const linking = () => comeBack(test, linkCallback, flow.cookie);
  const reset = await resetToken(test, person);
  expect(await providersOf(person)).toEqual([own]);
  return { person, tokens, identity, verification, change, code, reset, signingIn, linking };
}

type Prepared = Awaited<ReturnType<typeof prepared>>;

/** Nothing that was held on to opens anything; his own sign-in leads to an account of his own. */
async function expectShutOut({ person, tokens, ...held }: Prepared): Promise<void> {
  expectProblem(await login(person, person.password), 401, 'invalid_credentials');
  const me = await test.api.get('auth/me', { token: tokens.access_token });
  expectProblem(me, 401, 'invalid_access_token');
  const { refresh_token } = tokens;
  const refreshed = await test.api.post('auth/refresh', { refresh_token });
  expectProblem(refreshed, 401, 'invalid_refresh_token');
  expectProblem(await exchange(held.code), 400, 'invalid_code');
  const { change: token, reset } = held;
  const changed = await test.api.post('auth/email/change/confirm', { token });
  expectProblem(changed, 400, 'invalid_token');
  const set = { token: reset, new_password: 'his password again' };
  expectProblem(await test.api.post('auth/password/reset/confirm', set), 400, 'invalid_token');

  const before = await userRow(test, person);
  const verify = { token: held.verification };
  await test.api.post('auth/email/verification/confirm', verify);
  const linking = await tracesOf(test, held.linking);
  const { asked } = linking;
  expectRefusal(linking, 'unauthenticated', { spent: 1, asked });
  const own = await meOf(test, await tokensOf(await held.signingIn()));
  expect(own.id).not.toBe(person.id);
  expect(own.email).toBe(held.identity.email);
  expect(await userRow(test, person)).toEqual(before);
}

describe('an account that was prepared with a victim’s address', () => {
  it.each(['google', 'github', 'acme'] as const)(
    'is hers alone once she signs in with %s',
    async (provider) => {
      const attacker = await prepared();
      const { person } = attacker;
      appear(test, provider, { email: person.email });
      const coming = await onTheWay(provider);
      const traces = await tracesOf(test, coming);
      expect(traces).toMatchObject({
        users: 0,
        identities: 0,
        sessions: 1,
        spent: 1,
        mails: [`account_reclaimed to ${person.email}`],
        audits: ['account_reclaimed', 'identity_linked', 'sign_in_succeeded'],
      });
      const tokens = await tokensOf(traces.answer);
      const me = await meOf(test, tokens);
      expect(me).toMatchObject({ id: person.id, email: person.email, is_verified: true });
      expect(await providersOf(person)).toEqual([provider]);
      expect((await userRow(test, person)).password_hash).toBeNull();

      await expectShutOut(attacker);
      expect(await providersOf(person)).toEqual([provider]);
      expect(await statusOf(tokens)).toBe(200);
    },
  );

  it('is hers alone although he linked his account of the same provider', async () => {
    const { person, identity, tokens } = await prepared('google');
    const { subject } = appear(test, 'google', { email: person.email });
    const hers = await tokensOf(await signInAt(test, 'google'));
    expect((await meOf(test, hers)).id).toBe(person.id);
    expect(await identitiesOf(test, person)).toMatchObject([{ provider: 'google', subject }]);
    expect(await statusOf(tokens)).toBe(401);
    appear(test, 'google', { subject: identity.subject, email: identity.email });
    expect((await meOf(test, await enter(test, 'google'))).id).not.toBe(person.id);
  });

  it('is hers alone once she resets its password', async () => {
    const attacker = await prepared();
    const { person } = attacker;
    const token = await resetToken(test, person);
    const traces = await tracesOf(test, () =>
      test.api.post('auth/password/reset/confirm', { token, new_password: NEW_PASSWORD }),
    );
    expect(traces.answer.status).toBe(200);
    expect(traces).toMatchObject({
      users: 0,
      identities: -1,
      sessions: 0,
      spent: 0,
      mails: [`password_changed to ${person.email}`],
      audits: ['password_reset'],
    });
    const tokens = await signIn(test, { ...person, password: NEW_PASSWORD });
    expect(await providersOf(person)).toEqual([]);

    await expectShutOut(attacker);
    expect(await providersOf(person)).toEqual([]);
    expect(await statusOf(tokens)).toBe(200);
  });

  it('is not his by an unverified address, neither before nor after', async () => {
    const { person, identity } = await prepared();
    const { email } = person;
    const refuse = async (provider: 'google' | 'discord', facts: { readonly subject?: string }) => {
      appear(test, provider, { ...facts, email, emailVerified: false });
      const traces = await tracesOf(test, await onTheWay(provider));
      const asked = [`${provider} token`, `${provider} userinfo`];
      const left = { spent: 1, asked, audits: ['sign_in_failed'] };
      expectRefusal(traces, 'provider_email_unverified', left);
    };
    await refuse('google', {});
    appear(test, 'acme', { email });
    expect((await meOf(test, await enter(test, 'acme'))).id).toBe(person.id);
    await refuse('google', {});
    await refuse('discord', identity);
    expect(await providersOf(person)).toEqual(['acme']);
  });

  it('keeps its linked sign-ins with a reset once its address is verified', async () => {
    const person = await signUpVerified(test);
    appear(test, 'discord');
    await linkWith(test, 'discord', await signIn(test, person));
    const token = await resetToken(test, person);
    const reset = { token, new_password: NEW_PASSWORD };
    expect((await test.api.post('auth/password/reset/confirm', reset)).status).toBe(200);
    expect(await providersOf(person)).toEqual(['discord']);
  });

  it('gives its maker no second chance by signing up again', async () => {
    const { person } = await prepared();
    appear(test, 'google', { email: person.email });
    await enter(test, 'google');
    const { email } = person;
    for (const spelling of [email, email.toUpperCase()]) {
      const body = { username: 'somebodyelse', email: spelling, password: PASSWORD };
      expectProblem(await test.api.post('auth/register', body), 409, 'email_taken');
    }
  });
});

describe('an attacker who meets the victim at the same moment', () => {
  const holding = ({ id }: Person) =>
    standstill(test, `SELECT FROM users WHERE id = '${id}' FOR UPDATE`);

  /** Both wait for the account, in this order; afterwards it is hers alone. */
  async function meet(
    order: 'he first' | 'she first',
    attackerOf: (attacker: Prepared) => () => Promise<Answer>,
    victimOf: (person: Person) => Promise<() => Promise<Answer>> = async ({ email }) => {
      appear(test, 'google', { email });
      return onTheWay('google');
    },
  ) {
    const attacker = await prepared();
    const { person } = attacker;
    const he = attackerOf(attacker);
    const she = await victimOf(person);
    const held = await holding(person);
    const his = order === 'he first' ? await held.queue(he) : null;
    const hers = await held.queue(she);
    const late = his ?? (await held.queue(he));
    await held.release();
    const answers = { his: await late.answer, hers: await hers.answer };
    expect(await statusOf(attacker.tokens)).toBe(401);
    expectProblem(await login(person, person.password), 401, 'invalid_credentials');
    return { attacker, person, ...answers };
  }

  /** Where the code of an answer leads, if anywhere. */
  async function userBehind(answer: Answer): Promise<string | null> {
    const location = new URL(answer.headers.get('location')!);
    const code = location.searchParams.get('code');
    if (code === null) return null;
    const { status, body } = await exchange(code);
    return status === 200 ? ((await meOf(test, body))?.id ?? null) : null;
  }

  const ORDERS = ['he first', 'she first'] as const;

  it.each(ORDERS)('gets in by what he linked not at all, %s', async (order) => {
    const { person, his, hers } = await meet(order, ({ signingIn }) => signingIn);
    expect(await userBehind(hers)).toBe(person.id);
    expect(await userBehind(his)).not.toBe(person.id);
    expect(await providersOf(person)).toEqual(['google']);
  });

  it.each(ORDERS)('gets in by what he linked not at all while she resets, %s', async (order) => {
    const { person, his, hers } = await meet(
      order,
      ({ signingIn }) => signingIn,
      async (victim) => {
        const reset = { token: await resetToken(test, victim), new_password: NEW_PASSWORD };
        return () => test.api.post('auth/password/reset/confirm', reset);
      },
    );
    expect(hers.status).toBe(200);
    expect(await userBehind(his)).not.toBe(person.id);
    expect(await providersOf(person)).toEqual([]);
    expect((await login(person, NEW_PASSWORD)).status).toBe(200);
  });

  it.each(ORDERS)('links nothing that stays, %s', async (order) => {
    const { person, hers } = await meet(order, ({ linking }) => linking);
    expect(await userBehind(hers)).toBe(person.id);
    expect(await providersOf(person)).toEqual(['google']);
  });

  it.each(ORDERS)('sets no password that stays, %s', async (order) => {
    const { person, hers } = await meet(order, ({ person: { password }, tokens }) => () => {
      const body = { current_password: password, new_password: NEW_PASSWORD };
      return test.api.post('auth/password/change', body, { token: tokens.access_token });
    });
    expect(await userBehind(hers)).toBe(person.id);
    expectProblem(await login(person, NEW_PASSWORD), 401, 'invalid_credentials');
    expect((await userRow(test, person)).password_hash).toBeNull();
  });

  it('moves the account to no address of his', async () => {
    const { person, his, hers } = await meet('she first', ({ change: token }) => () => {
      return test.api.post('auth/email/change/confirm', { token });
    });
    expectProblem(his, 400, 'invalid_token');
    expect(await userBehind(hers)).toBe(person.id);
    expect((await userRow(test, person)).email).toBe(person.email);
  });

  it.each(ORDERS)('keeps no session that his password opens, %s', async (order) => {
    const { person, his, hers } = await meet(
      order,
      ({ person: { username, password } }) =>
        () =>
          test.api.post('auth/login', { username, password }),
    );
    expect(await userBehind(hers)).toBe(person.id);
    if (his.status === 200) expect(await statusOf(his.body)).toBe(401);
  });
});

describe('a verified address', () => {
  it.each(PROVIDERS)('joins a verified account by %s, and its owner is told', async (provider) => {
    const person = await signUpVerified(test);
    appear(test, provider, { email: person.email.toUpperCase() });
    const traces = await tracesOf(test, await onTheWay(provider));
    expect(traces).toMatchObject({
      users: 0,
      identities: 1,
      sessions: 1,
      spent: 1,
      mails: [`sign_in_method_linked to ${person.email}`],
      audits: ['identity_linked', 'sign_in_succeeded'],
    });
    expect((await meOf(test, await tokensOf(traces.answer))).id).toBe(person.id);
    expect((await login(person, person.password)).status).toBe(200);
  });

  it.each(PROVIDERS)('that changed hands does not join by %s', async (provider) => {
    const person = await signUpVerified(test);
    const { subject } = appear(test, provider, { email: person.email });
    await enter(test, provider);
    for (const email of [person.email, person.email.toUpperCase()]) {
      appear(test, provider, { email });
      const { asked, ...traces } = await tracesOf(test, await onTheWay(provider));
      const left = { spent: 1, audits: ['sign_in_failed'] };
      expectRefusal({ ...traces, asked: [] }, 'provider_already_linked', left);
      expect(asked).toContain(`${provider} token`);
    }
    expect(await identitiesOf(test, person)).toMatchObject([{ provider, subject }]);
  });

  it('of a disabled account opens and joins nothing', async () => {
    const person = await signUpVerified(test);
    await alter(test, person, 'is_active = false');
    for (const provider of PROVIDERS) {
      appear(test, provider, { email: person.email });
      const { asked: _, ...traces } = await tracesOf(test, await onTheWay(provider));
      const left = { spent: 1, audits: ['sign_in_failed'] };
      expectRefusal({ ...traces, asked: [] }, 'account_disabled', left);
    }
    await alter(test, person, 'email_verified_at = NULL');
    appear(test, 'google', { email: person.email });
    const { asked: _, ...traces } = await tracesOf(test, await onTheWay('google'));
    const left = { spent: 1, audits: ['sign_in_failed'] };
    expectRefusal({ ...traces, asked: [] }, 'account_disabled', left);
    expect(await providersOf(person)).toEqual([]);
  });

  describe('that only looks like somebody’s', () => {
    let person: Person;
    let count = 0;
    beforeEach(async () => {
      person = await signUpVerified(test, `kismet${count++}`);
    });

    it.each<[string, (email: string, name: string) => unknown]>([
      ['with a Kelvin sign for k', (email) => email.replace('k', '\u212A')],
      ['with a long s', (email) => email.replace('s', '\u017F')],
      ['with a dotless i', (email) => email.replace('i', '\u0131')],
      ['with a dotted I', (email) => email.replace('i', '\u0130')],
      ['in full width', (email) => email.replace('k', '\uFF4B')],
      ['with a Kelvin sign and an accent', (email) => email.replace('k', '\u212A\u0323')],
      ['with a zero-width space', (email) => email.replace('k', 'k\u200B')],
      ['with a soft hyphen', (email) => email.replace('k', 'k\u00AD')],
      ['with a combining mark', (email) => email.replace('k', 'k\u0323')],
      ['with a variation selector', (email) => email.replace('k', 'k\uFE0F')],
      ['with a lone surrogate', (email) => email.replace('k', 'k\ud800')],
      ['with a NUL behind', (email) => `${email}\0`],
      ['with a NUL and another domain', (email) => `${email}\0.evil.example`],
      ['with a line break and a header', (email) => `${email}\r\nBcc: evil@example.com`],
      ['in quotes', (_, name) => `"${name}"@example.com`],
      ['with a comment', (_, name) => `${name}(x)@example.com`],
      ['in angle brackets', (email) => `Kismet <${email}>`],
      ['as a link', (email) => `mailto:${email}`],
      ['in a list of text', (email) => `${email},evil@example.com`],
      ['behind another', (email) => `evil@example.com,${email}`],
      ['in a list', (email) => [email]],
      ['in an object', (email) => ({ email, toString: email })],
      ['with a plus', (_, name) => `${name}+x@example.com`],
      ['with a dot', (_, name) => `${name}.x@example.com`],
      ['with a dot behind the domain', (email) => `${email}.`],
      ['at a sub-domain', (_, name) => `${name}@mail.example.com`],
      ['as a pattern', () => 'kismet%@example.com'],
      ['as another pattern', (email) => email.replace('i', '_')],
    ])('%s does not join it', async (_, spell) => {
      const before = await userRow(test, person);
      const email = spell(person.email, person.username);
      for (const provider of ['google', 'acme'] as const) {
        appear(test, provider, { email });
        const me = await meOf(test, await enter(test, provider));
        expect(me.id).not.toBe(person.id);
        if (me.email !== null) expect(me.email).toBe((email as string).normalize('NFC'));
      }
      expect(await providersOf(person)).toEqual([]);
      expect(await userRow(test, person)).toEqual(before);
    });

    it('by its username does not join it', async () => {
      appear(test, 'google', { email: `${person.username}@evil.example` });
      const me = await meOf(test, await enter(test, 'google'));
      expect(me.id).not.toBe(person.id);
      expect(me.username).toMatch(new RegExp(`^${person.username}_[\\da-f]+$`));
    });
  });
});

describe('an identity', () => {
  it('of one provider is nobody’s of another, whatever its subject', async () => {
    const subject = '815001';
    const ids = [];
    for (const provider of PROVIDERS) {
      appear(test, provider, { subject });
      ids.push((await meOf(test, await enter(test, provider))).id);
    }
    expect(new Set(ids).size).toBe(4);
  });

  it.each([
    ['case', 'SubjecT', 'subject'],
    ['spaces', ' s ', 's'],
    ['zeros', '0070', '70'],
    ['an exponent', '7e3', '7000'],
    ['normalization', 'e\u0301', '\u00e9'],
    ['compatibility', '\uFF53', 's2'],
    ['a wildcard', 'sub%', 'sub-x'],
  ])('is its subject letter by letter: %s', async (_, ...subjects) => {
    const ids = [];
    for (const subject of subjects) {
      appear(test, 'google', { subject });
      ids.push((await meOf(test, await enter(test, 'google'))).id);
    }
    expect(ids[0]).not.toBe(ids[1]);
  });

  it.each(PROVIDERS)('stays whose it is when its address changes at %s', async (provider) => {
    const { subject, email } = appear(test, provider);
    const me = await meOf(test, await enter(test, provider));
    for (const facts of [
      { email: `moved-${email}` },
      { email: `moved-${email}`, emailVerified: false },
      { email: null },
    ]) {
      appear(test, provider, { ...facts, subject });
      const traces = await tracesOf(test, await onTheWay(provider));
      expect(traces).toMatchObject({
        users: 0,
        identities: 0,
        sessions: 1,
        spent: 1,
        mails: [],
        audits: ['sign_in_succeeded'],
      });
      const now = await meOf(test, await tokensOf(traces.answer));
      expect([now.id, now.email, now.is_verified]).toEqual([me.id, email, true]);
      expect(await identitiesOf(test, me)).toMatchObject([{ provider, email: facts.email }]);
    }
  });

  it.each(PROVIDERS)('moves to nobody by the address that %s tells', async (provider) => {
    const verified = await signUpVerified(test);
    const unverified = await signUp(test);
    const { subject, email } = appear(test, provider);
    const me = await meOf(test, await enter(test, provider));
    const before = [await userRow(test, verified), await userRow(test, unverified)];
    for (const other of [verified, unverified]) {
      appear(test, provider, { subject, email: other.email });
      const traces = await tracesOf(test, await onTheWay(provider));
      expect(traces).toMatchObject({ users: 0, identities: 0, mails: [] });
      const now = await meOf(test, await tokensOf(traces.answer));
      expect([now.id, now.email]).toEqual([me.id, email]);
      expect(await providersOf(other)).toEqual([]);
    }
    expect([await userRow(test, verified), await userRow(test, unverified)]).toEqual(before);
    expect((await login(unverified, unverified.password)).status).toBe(200);
  });

  it('of a disabled account opens nothing and makes no other one', async () => {
    const { subject } = appear(test, 'google');
    const me = await meOf(test, await enter(test, 'google'));
    await alter(test, me, 'is_active = false');
    appear(test, 'google', { subject });
    const { asked: _, ...traces } = await tracesOf(test, await onTheWay('google'));
    const left = { spent: 1, audits: ['sign_in_failed'] };
    expectRefusal({ ...traces, asked: [] }, 'account_disabled', left);
  });
});

describe('a profile', () => {
  it.each(['google', 'acme', 'discord'] as const)(
    'of %s makes nobody more than a user',
    async (provider) => {
      appear(test, provider);
      const more = {
        role: 'admin',
        roles: ['admin'],
        is_admin: true,
        is_active: true,
        premium: true,
        password: PASSWORD,
        password_hash: 'x',
        user_id: '1',
      };
      if (provider === 'acme') Object.assign(test.acme.person, more);
      else {
        const { person } = test[provider];
        const ids = { sub: person.subject, id: person.subject };
        const { email, emailVerified } = person;
        const facts = { ...ids, email, email_verified: emailVerified, verified: emailVerified };
        test[provider].userinfo = () => ({ ...facts, ...more });
      }
      const me = await meOf(test, await enter(test, provider));
      expect(me).toMatchObject({ role: 'user', is_premium: false, is_active: true });
      expect((await userRow(test, me)).password_hash).toBeNull();
    },
  );

  const ODD: readonly unknown[] = [
    '',
    ' ',
    '\0',
    '\ud800',
    '\u202Eevil',
    'a'.repeat(100_000),
    '😀'.repeat(120),
    '<script>alert(1)</script>',
    "'; DROP TABLE users; --",
    '../../etc/passwd',
    '{{constructor}}',
    'javascript:alert(1)',
    'data:text/html,evil',
    'http://user:password@[::1]:99999/',
    42,
    true,
    null,
    [],
    {},
    ['x'],
    { length: 5 },
  ];

  it.each(ODD.map((value, n) => [n, JSON.stringify(value).slice(0, 40), value] as const))(
    'with oddity %d, %s, is a person like any other',
    async (_, __, value) => {
      for (const provider of PROVIDERS) {
        appear(test, provider, { name: value, username: value, picture: value, email: null });
        test.github.emails = () => [];
        const me = await meOf(test, await enter(test, provider));
        expect(me.username).toMatch(/^[\w.-]{3,50}$/);
        expect(me.avatar_url ?? 'https://x').toMatch(/^https?:\/\//);
        expect([...(me.full_name ?? '')].length).toBeLessThanOrEqual(100);
        expect(me.email).toBeNull();
      }
    },
  );
});

describe('at once', () => {
  async function sixteenArrive(ways: readonly ProviderName[]) {
    const coming: (() => Promise<Answer>)[] = [];
    for (let n = 0; n < 16; n++) coming.push(await onTheWay(ways[n % ways.length]!));
    let answers: Answer[] = [];
    const traces = await tracesOf(test, async () => {
      answers = await sixteen((n) => coming[n]!());
      return answers[0]!;
    });
    const users = [];
    for (const answer of answers) users.push(await meOf(test, await tokensOf(answer)));
    return { traces, ids: new Set(users.map(({ id }) => id)), user: users[0] };
  }

  it.each(PROVIDERS)('sixteen browsers of one newcomer at %s are one user', async (provider) => {
    const { email } = appear(test, provider);
    const { traces, ids, user } = await sixteenArrive([provider]);
    expect(ids.size).toBe(1);
    expect(user).toMatchObject({ email, is_verified: true });
    expect(traces).toMatchObject({
      users: 1,
      identities: 1,
      sessions: 16,
      spent: 16,
      mails: [],
      audits: expect.arrayContaining(['user_registered']),
    });
    expect(traces.audits.filter((action) => action === 'user_registered')).toHaveLength(1);
  });

  it('sixteen browsers of one newcomer without an address are one user', async () => {
    appear(test, 'discord', { email: null });
    const { traces, ids } = await sixteenArrive(['discord']);
    expect(ids.size).toBe(1);
    expect(traces).toMatchObject({ users: 1, identities: 1, sessions: 16 });
  });

  it('two providers that tell one verified address make one user', async () => {
    const { email } = appear(test, 'google');
    appear(test, 'github', { email });
    const { traces, ids, user } = await sixteenArrive(['google', 'github']);
    expect(ids.size).toBe(1);
    expect(traces).toMatchObject({ users: 1, identities: 2, sessions: 16 });
    expect(traces.mails).toEqual([`sign_in_method_linked to ${email}`]);
    expect((await providersOf(user)).toSorted()).toEqual(['github', 'google']);
  });

  it('sixteen claims of one prepared account take it over once', async () => {
    const { person } = await prepared();
    appear(test, 'google', { email: person.email });
    const { traces, ids } = await sixteenArrive(['google']);
    expect([...ids]).toEqual([person.id]);
    expect(traces).toMatchObject({ users: 0, identities: 0, sessions: 16 });
    expect(traces.mails).toEqual([`account_reclaimed to ${person.email}`]);
    expect(await providersOf(person)).toEqual(['google']);
  });

  it('claims of one prepared account by two providers leave both linked', async () => {
    const { person } = await prepared();
    const { email } = person;
    appear(test, 'google', { email });
    appear(test, 'acme', { email });
    const { traces, ids } = await sixteenArrive(['google', 'acme']);
    expect([...ids]).toEqual([person.id]);
    expect(traces.mails.toSorted()).toEqual([
      `account_reclaimed to ${email}`,
      `sign_in_method_linked to ${email}`,
    ]);
    expect((await providersOf(person)).toSorted()).toEqual(['acme', 'google']);
  });

  it('signing up with an address and arriving with it are one account, that of the owner', async () => {
    const { email } = appear(test, 'google');
    const coming = await onTheWay('google');
    const registration = { username: 'prepared', email, password: PASSWORD };
    const users = await countOf(test, 'users');
    const { mails } = await effectsOf(test, async () => {
      const [answer] = await Promise.all([
        coming(),
        ...Array.from({ length: 7 }, () => test.api.post('auth/register', registration)),
      ]);
      expect((await meOf(test, await tokensOf(answer))).email).toBe(email);
      return answer;
    });
    expect(await countOf(test, 'users')).toBe(users + 1);
    expect((await userRow(test, await ownerOf(email))).password_hash).toBeNull();
    expect(mails.filter((mail) => mail.startsWith('account_reclaimed')).length).toBeLessThan(2);
  });

  const ownerOf = async (email: string) =>
    (await test.query('SELECT id FROM users WHERE email = $1', [email]))[0];

  it('two who link what the other has hear so, and neither waits for ever', async () => {
    const [ada, bob] = [await signedIn(test), await signedIn(test)];
    const hers = appear(test, 'google');
    await linkWith(test, 'google', ada.tokens);
    const his = appear(test, 'discord');
    await linkWith(test, 'discord', bob.tokens);
    const coming: (() => Promise<Answer>)[] = [];
    for (let n = 0; n < 16; n++) {
      const [provider, tokens] =
        n % 2 ? (['discord', ada.tokens] as const) : (['google', bob.tokens] as const);
      appear(test, 'google', { subject: hers.subject });
      appear(test, 'discord', { subject: his.subject });
      const flow = await beginLink(test, provider, tokens);
      const callback = await agree(flow);
      coming.push(() => comeBack(test, callback, flow.cookie));
    }
    const answers = await sixteen((n) => coming[n]!());
    const ends = new Set(answers.map(({ headers }) => headers.get('location')));
    expect(ends).toEqual(new Set([`${FRONTEND}/login?error=identity_taken`]));
    expect([await providersOf(ada.person), await providersOf(bob.person)]).toEqual([
      ['google'],
      ['discord'],
    ]);
  });
});
