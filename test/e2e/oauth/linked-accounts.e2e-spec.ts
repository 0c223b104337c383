import { countOf, effectsOf, userRow } from '../../support/effects';
import { FRONTEND, linkWith, type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';
import {
  appear,
  enter,
  identitiesOf,
  lastAudits,
  meOf,
  type ProviderName,
  PROVIDERS,
  visit,
} from '../../support/oauth-people';
import { resetToken } from '../../support/links';
import {
  PASSWORD,
  type Person,
  signedIn,
  signIn,
  sixteen,
  type Tokens,
} from '../../support/people';
import { expectCleanLogs, expectProblem } from '../../support/problems';
import { UserAgent } from '../../support/providers/user-agent';

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp();
});
afterEach(() => expectCleanLogs(test.logs));
afterAll(() => test.close());

const listOf = ({ access_token: token }: Tokens) =>
  test.api.get('users/me/linked-accounts', { token });

const unlink = ({ access_token: token }: Tokens, provider: string) =>
  test.api.delete(`users/me/link/${provider}`, { token });

const statusOf = async ({ access_token: token }: Tokens): Promise<number> =>
  (await test.api.get('auth/me', { token })).status;

/** Somebody with a password, and these providers linked, oldest first. */
async function linked(...providers: ProviderName[]) {
  const { person, tokens } = await signedIn(test);
  const visitors = [];
  for (const provider of providers) {
    test.clock.advance({ seconds: 1 });
    visitors.push(appear(test, provider));
    await linkWith(test, provider, tokens);
  }
  return { person, tokens, visitors };
}

/** Somebody who came by the first of these, without a password. */
async function withoutPassword(first: ProviderName, ...others: ProviderName[]) {
  const visitor = appear(test, first);
  const tokens = await enter(test, first);
  const user = await meOf(test, tokens);
  for (const provider of others) {
    test.clock.advance({ seconds: 1 });
    appear(test, provider);
    await linkWith(test, provider, tokens);
  }
  return { visitor, tokens, user };
}

describe('the linked accounts', () => {
  it('are none at first', async () => {
    const { tokens } = await signedIn(test);
    const { status, body } = await listOf(tokens);
    expect([status, body]).toEqual([200, { count: 0, has_password: true, linked_accounts: [] }]);
  });

  it('are told oldest first, with the address as the provider told it last', async () => {
    const start = test.clock.now();
    const { tokens, visitors } = await linked('github', 'acme', 'google', 'discord');
    test.clock.advance({ minutes: 10 });
    const moved = appear(test, 'acme', { ...visitors[1], email: 'moved@example.com' });
    await enter(test, 'acme');
    const at = (seconds: number) => new Date(start.getTime() + seconds * 1000).toISOString();

    const names = ['GitHub', 'Acme', 'Google', 'Discord'];
    const { status, body } = await listOf(tokens);
    expect(status).toBe(200);
    expect(body).toEqual({
      count: 4,
      has_password: true,
      linked_accounts: ['github', 'acme', 'google', 'discord'].map((provider, n) => ({
        provider,
        display_name: names[n],
        email: n === 1 ? moved.email : visitors[n]!.email,
        linked_at: at(n + 1),
        last_used_at: n === 1 ? at(604) : at(n + 1),
      })),
    });
  });

  it('have no address where the provider tells none', async () => {
    appear(test, 'discord', { email: null });
    const { body } = await listOf(await enter(test, 'discord'));
    const now = test.clock.now().toISOString();
    expect(body).toEqual({
      count: 1,
      has_password: false,
      linked_accounts: [
        {
          provider: 'discord',
          display_name: 'Discord',
          email: null,
          linked_at: now,
          last_used_at: now,
        },
      ],
    });
  });

  it('are called by their name where the provider is configured no more', async () => {
    const { person, tokens } = await linked('google');
    await test.query(`UPDATE identities SET provider = 'myspace' WHERE user_id = $1`, [person.id]);
    const { body } = await listOf(tokens);
    expect(body.linked_accounts).toMatchObject([{ provider: 'myspace', display_name: 'myspace' }]);
    expect((await unlink(tokens, 'myspace')).status).toBe(200);
  });

  it('show no subject and no id, and nobody else’s', async () => {
    const { visitors } = await linked('google');
    const { tokens, visitors: own } = await linked('acme');
    const { text, body } = await listOf(tokens);
    expect(body.count).toBe(1);
    for (const secret of [own[0]!.subject, visitors[0]!.subject, 'visitor_id', 'user_id'])
      expect(text).not.toContain(secret);
  });

  it('are for somebody signed in, by either spelling', async () => {
    const { tokens } = await linked('google');
    const { access_token: token } = tokens;
    for (const path of ['/api/v1/users/me/linked-accounts', '/api/users/me/linked-accounts']) {
      expectProblem(await test.api.get(path), 401, 'unauthenticated');
      expect((await test.api.get(path, { token })).body.count).toBe(1);
    }
    expectProblem(await test.api.delete('users/me/link/google'), 401, 'unauthenticated');
    expect((await test.api.delete('/api/users/me/link/google', { token })).status).toBe(200);
  });
});

describe.each(PROVIDERS)('unlinking %s', (provider) => {
  it('takes it away, and tells the owner', async () => {
    const { person, tokens } = await linked(provider);
    const before = await userRow(test, person);
    const { answer, mails, audits } = await effectsOf(test, () => unlink(tokens, provider));

    expect([answer.status, answer.body]).toEqual([
      200,
      { message: expect.stringMatching(/\S/), success: true },
    ]);
    expect(mails).toEqual([`sign_in_method_unlinked to ${person.email}`]);
    expect(audits).toEqual(['identity_unlinked']);
    expect(await lastAudits(test, 1)).toEqual([
      {
        action: 'identity_unlinked',
        actor: person.id,
        subject: person.id,
        details: { method: provider },
      },
    ]);
    expect(await identitiesOf(test, person)).toEqual([]);
    expect(await userRow(test, person)).toEqual(before);
    expect((await listOf(tokens)).body).toEqual({
      count: 0,
      has_password: true,
      linked_accounts: [],
    });
  });

  it('ends the other sessions that it opened, and no more', async () => {
    const other = PROVIDERS.find((name) => name !== provider)!;
    const { person, tokens, visitors } = await linked(provider, other);
    appear(test, provider, { ...visitors[0] });
    const [asking, lost] = [await enter(test, provider), await enter(test, provider)];
    appear(test, other, { ...visitors[1] });
    const kept = [tokens, asking, await enter(test, other), await signIn(test, person)];
    expect((await unlink(asking, provider)).status).toBe(200);

    expect(await Promise.all(kept.map(statusOf))).toEqual([200, 200, 200, 200]);
    expect(await statusOf(lost)).toBe(401);
    const refreshed = await test.api.post('auth/refresh', { refresh_token: lost.refresh_token });
    expectProblem(refreshed, 401, 'invalid_refresh_token');
  });

  it('and signing in with it again joins by the verified address', async () => {
    const { person, tokens } = await linked();
    appear(test, provider, { email: person.email });
    await enter(test, provider);
    await unlink(tokens, provider);
    const { mails, audits } = await visit(test, provider);
    expect(mails).toEqual([`sign_in_method_linked to ${person.email}`]);
    expect(audits).toEqual(['identity_linked', 'sign_in_succeeded']);
    expect((await meOf(test, await enter(test, provider))).id).toBe(person.id);
  });

  it('and signing in with it again makes another account, if the address is nobody’s', async () => {
    const { person, tokens, visitors } = await linked(provider);
    await unlink(tokens, provider);
    const { mails, audits } = await visit(test, provider);
    expect([mails, audits]).toEqual([[], ['user_registered', 'sign_in_succeeded']]);
    const user = await meOf(test, await enter(test, provider));
    expect(user.email).toBe(visitors[0]!.email);
    expect(user.id).not.toBe(person.id);
    expect(await identitiesOf(test, person)).toEqual([]);
  });

  it('and linking another account of it works', async () => {
    const { person, tokens } = await linked(provider);
    await unlink(tokens, provider);
    const { subject } = appear(test, provider);
    const { location } = await linkWith(test, provider, tokens);
    expect(location!.href).toBe(`${FRONTEND}/auth?linked=${provider}`);
    expect(await identitiesOf(test, person)).toMatchObject([{ subject }]);
  });

  it('is refused where nothing else would be left', async () => {
    const { tokens, user } = await withoutPassword(provider);
    const other = await enter(test, provider);
    const before = [await userRow(test, user), await identitiesOf(test, user)];
    const { answer, mails, audits } = await effectsOf(test, () => unlink(tokens, provider));

    expectProblem(answer, 409, 'last_sign_in_method');
    expect([mails, audits]).toEqual([[], []]);
    expect([await userRow(test, user), await identitiesOf(test, user)]).toEqual(before);
    expect([await statusOf(tokens), await statusOf(other)]).toEqual([200, 200]);
  });

  it('is refused where it is not linked', async () => {
    const { tokens } = await signedIn(test);
    const { answer, mails, audits } = await effectsOf(test, () => unlink(tokens, provider));
    expectProblem(answer, 404, 'identity_not_found');
    expect([mails, audits]).toEqual([[], []]);
  });

  it('is refused a second time', async () => {
    const { tokens } = await linked(provider);
    await unlink(tokens, provider);
    expectProblem(await unlink(tokens, provider), 404, 'identity_not_found');
  });
});

describe('without a password', () => {
  it('all but the last can be unlinked', async () => {
    const { tokens, user } = await withoutPassword('google', 'discord', 'acme');
    expect((await unlink(tokens, 'google')).status).toBe(200);
    expect((await unlink(tokens, 'acme')).status).toBe(200);
    expectProblem(await unlink(tokens, 'discord'), 409, 'last_sign_in_method');
    expect(await identitiesOf(test, user)).toMatchObject([{ provider: 'discord' }]);
    expect((await meOf(test, await enter(test, 'discord'))).id).toBe(user.id);
  });

  it('what is not linked is not found, rather than the last', async () => {
    const { tokens } = await withoutPassword('google');
    expectProblem(await unlink(tokens, 'discord'), 404, 'identity_not_found');
  });

  it('one of two unlinked at once stays', async () => {
    const { tokens, user } = await withoutPassword('google', 'discord');
    const answers = await sixteen((n) => unlink(tokens, n % 2 ? 'google' : 'discord'));
    const codes = answers.map(({ status, body }) => body.code ?? status);
    expect(codes.filter((code) => code === 200)).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set([200, 'last_sign_in_method', 'identity_not_found']));
    expect(await identitiesOf(test, user)).toHaveLength(1);
    const gone = await test.query(
      `SELECT id FROM audit_events WHERE subject_id = $1 AND action = 'identity_unlinked'`,
      [user.id],
    );
    expect(gone).toHaveLength(1);
  });

  it('the last can be unlinked once a password is set', async () => {
    const { visitor, user } = await withoutPassword('google');
    const token = await resetToken(test, visitor);
    const reset = { token, new_password: PASSWORD };
    expect((await test.api.post('auth/password/reset/confirm', reset)).status).toBe(200);
    const person: Person = { ...user, password: PASSWORD };
    const tokens = await signIn(test, person);
    expect((await listOf(tokens)).body).toMatchObject({ count: 1, has_password: true });
    expect((await unlink(tokens, 'google')).status).toBe(200);
    expect((await signIn(test, person)).access_token).toMatch(/^eyJ/);
  });

  it('an account without an address is told of nothing, and unlinks all the same', async () => {
    appear(test, 'discord', { email: null });
    const tokens = await enter(test, 'discord');
    appear(test, 'github', { email: null });
    await linkWith(test, 'github', tokens);
    const { answer, mails, audits } = await effectsOf(test, () => unlink(tokens, 'discord'));
    expect([answer.status, mails, audits]).toEqual([200, [], ['identity_unlinked']]);
    expectProblem(await unlink(tokens, 'github'), 409, 'last_sign_in_method');
  });
});

describe('by cookie', () => {
  it('lists, and unlinks with X-CSRF-Token only', async () => {
    const { person } = await linked('google');
    const agent = new UserAgent();
    const api = `${test.api.origin}/api/v1`;
    const { username } = person;
    const signIns = await agent.post(`${api}/auth/login?cookies=true`, {
      username,
      password: PASSWORD,
    });
    const list = await agent.get(`${api}/users/me/linked-accounts`);
    expect(list.body.count).toBe(1);
    expect(list.headers.get('cache-control')).toBe('no-store');

    const cookie = agent
      .cookies('127.0.0.1')
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const bare = await test.api.delete('users/me/link/google', { headers: { cookie } });
    expectProblem(bare, 403, 'csrf_token_invalid');
    const headers = { cookie, 'x-csrf-token': signIns.body.csrf_token };
    expect((await test.api.delete('users/me/link/google', { headers })).status).toBe(200);
  });
});

it('goes with its user', async () => {
  const { person } = await linked('google', 'acme');
  const before = await countOf(test, 'identities');
  await test.query('DELETE FROM users WHERE id = $1', [person.id]);
  expect(await countOf(test, 'identities')).toBe(before - 2);
});

it('tells the owner which provider, and from where', async () => {
  const { person, tokens } = await linked('github');
  await unlink(tokens, 'github');
  const mail = await test.inbox.waitFor(person.email, /was removed/);
  expect(mail.subject).toMatch(/^GitHub was removed/);
  expect(mail.text).toContain('127.0.0.1');
});
