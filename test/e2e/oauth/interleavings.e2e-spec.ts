import type { Answer } from '../../support/api';
import { alter } from '../../support/effects';
import { FRONTEND, linkWith, type OAuthTestApp, startOAuthApp } from '../../support/oauth-app';
import {
  appear,
  enter,
  identitiesOf,
  meOf,
  type ProviderName,
  PROVIDERS,
  type Visitor,
} from '../../support/oauth-people';
import { signedIn, signUpVerified, sixteen, tally, type Tokens } from '../../support/people';
import { expectCleanLogs } from '../../support/problems';
import { UserAgent } from '../../support/providers/user-agent';
import { standstill } from '../../support/standstill';

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp();
});
afterEach(() => expectCleanLogs(test.logs));
afterAll(() => test.close());

type Callback = () => Promise<Answer>;

/** A browser to which the provider has just sent its answer, and which asks with it when told to. */
async function back(url: string, agent = new UserAgent()): Promise<Callback> {
  const until = `${test.api.origin}/auth/oauth/callback`;
  const { location } = await agent.follow(url, { until });
  return () => agent.get(location!);
}

const signingIn = (provider: ProviderName): Promise<Callback> =>
  back(`${test.api.origin}/api/v1/auth/oauth/${provider}`);

async function linking(provider: ProviderName, { access_token }: Tokens): Promise<Callback> {
  const agent = new UserAgent();
  const link = `${test.api.origin}/api/v1/auth/link/${provider}`;
  const { body } = await agent.post(link, {}, { authorization: `Bearer ${access_token}` });
  return back(body.authorization_url, agent);
}

const endOf = ({ headers }: Answer): string =>
  headers.get('location')!.replace(/code=[\w-]{43}$/, 'code=');

const DONE = `${FRONTEND}/auth?code=`;

async function tokensFor({ headers }: Answer): Promise<Answer> {
  const code = new URL(headers.get('location')!).searchParams.get('code');
  return test.api.post('auth/oauth/exchange', { code });
}

const holding = ({ id }: { readonly id: string }) =>
  standstill(test, `SELECT FROM users WHERE id = '${id}' FOR UPDATE`);

describe('a sign-in that meets the unlinking of its provider', () => {
  const unlinking = ({ access_token: token }: Tokens) =>
    test.api.delete('users/me/link/google', { token });

  it('and comes second is to another account', async () => {
    const { person, tokens } = await signedIn(test);
    appear(test, 'google');
    await linkWith(test, 'google', tokens);
    const signIn = await signingIn('google');
    const held = await holding(person);
    const unlink = await held.queue(() => unlinking(tokens));
    const second = await held.queue(signIn);
    await held.release();

    expect((await unlink.answer).status).toBe(200);
    const answer = await second.answer;
    expect(endOf(answer)).toBe(DONE);
    const { body } = await tokensFor(answer);
    const user = await meOf(test, body);
    expect(user.id).not.toBe(person.id);
    expect(await identitiesOf(test, user)).toHaveLength(1);
  });

  it('and comes first is undone with it', async () => {
    const { person, tokens } = await signedIn(test);
    appear(test, 'google');
    await linkWith(test, 'google', tokens);
    const signIn = await signingIn('google');
    const held = await holding(person);
    const first = await held.queue(signIn);
    const unlink = await held.queue(() => unlinking(tokens));
    await held.release();

    expect((await unlink.answer).status).toBe(200);
    const answer = await first.answer;
    expect(endOf(answer)).toBe(DONE);
    expect((await tokensFor(answer)).body.code).toBe('invalid_code');
    expect((await meOf(test, tokens)).id).toBe(person.id);
  });
});

describe('a sign-in that meets', () => {
  it('the disabling of its account comes second', async () => {
    appear(test, 'google');
    const user = await meOf(test, await enter(test, 'google'));
    const signIn = await signingIn('google');
    const held = await holding(user);
    const disabling = await held.queue(() => alter(test, user, 'is_active = false'));
    const second = await held.queue(signIn);
    await held.release();
    await disabling.answer;
    expect(endOf(await second.answer)).toBe(`${FRONTEND}/login?error=account_disabled`);
  });

  it('the deletion of its account makes another', async () => {
    const { email } = appear(test, 'google');
    const user = await meOf(test, await enter(test, 'google'));
    const signIn = await signingIn('google');
    const held = await holding(user);
    const deletion = await held.queue(() =>
      test.query('DELETE FROM users WHERE id = $1', [user.id]),
    );
    const second = await held.queue(signIn);
    await held.release();
    await deletion.answer;
    const answer = await second.answer;
    expect(endOf(answer)).toBe(DONE);
    const again = await meOf(test, (await tokensFor(answer)).body);
    expect([again.email, again.id === user.id]).toEqual([email, false]);
  });

  it('a change of the address that it joins by makes an account of its own', async () => {
    const person = await signUpVerified(test);
    const { email } = appear(test, 'google', { email: person.email });
    const signIn = await signingIn('google');
    const held = await holding(person);
    const change = await held.queue(() => alter(test, person, `email = 'moved-' || email`));
    const second = await held.queue(signIn);
    await held.release();
    await change.answer;
    const answer = await second.answer;
    expect(endOf(answer)).toBe(DONE);
    const user = await meOf(test, (await tokensFor(answer)).body);
    expect([user.email, user.id === person.id]).toEqual([email, false]);
  });
});

describe('linking that meets', () => {
  it.each([
    ['a change of the password', 'security_stamp = gen_random_uuid()'],
    ['the disabling of the account', 'is_active = false'],
  ])('%s comes second, and links nothing', async (_, assignment) => {
    const { person, tokens } = await signedIn(test);
    appear(test, 'google');
    const link = await linking('google', tokens);
    const held = await holding(person);
    const change = await held.queue(() => alter(test, person, assignment));
    const second = await held.queue(link);
    await held.release();
    await change.answer;
    expect(endOf(await second.answer)).toBe(`${FRONTEND}/login?error=unauthenticated`);
    expect(await identitiesOf(test, person)).toEqual([]);
  });
});

describe('sixteen at once', () => {
  const gather = async (begin: (n: number) => Promise<Callback>): Promise<Answer[]> => {
    const callbacks: Callback[] = [];
    for (let n = 0; n < 16; n++) callbacks.push(await begin(n));
    return sixteen((n) => callbacks[n]!());
  };
  const usersOf = (answers: readonly Answer[]) =>
    Promise.all(answers.map(async (answer) => meOf(test, (await tokensFor(answer)).body)));

  it.each(PROVIDERS)(
    'coming for the first time by %s are one person, with one account',
    async (provider) => {
      const { email } = appear(test, provider);
      const answers = await gather(() => signingIn(provider));
      expect(new Set(answers.map(endOf))).toEqual(new Set([DONE]));
      const users = await usersOf(answers);
      expect(new Set(users.map(({ id }) => id)).size).toBe(1);
      expect(users[0].username).toBe(email.split('@')[0]);
      const events = await test.query(
        `SELECT id FROM audit_events WHERE subject_id = $1 AND action = 'user_registered'`,
        [users[0].id],
      );
      expect(events).toHaveLength(1);
    },
  );

  it('coming with one address from four providers are one person, with one account', async () => {
    const { email } = appear(test, 'google');
    const subjects = PROVIDERS.map((provider) => appear(test, provider, { email }).subject);
    const answers = await gather((n) => signingIn(PROVIDERS[n % 4]!));
    expect(new Set(answers.map(endOf))).toEqual(new Set([DONE]));
    const users = await usersOf(answers);
    expect(new Set(users.map(({ id }) => id)).size).toBe(1);
    const linked = await identitiesOf(test, users[0]);
    expect(linked.map(({ subject }: { subject: string }) => subject).toSorted()).toEqual(
      subjects.toSorted(),
    );
  });

  it('joining one account link once, and one mail tells of it', async () => {
    const person = await signUpVerified(test);
    appear(test, 'google', { email: person.email });
    const answers = await gather(() => signingIn('google'));
    expect(new Set(answers.map(endOf))).toEqual(new Set([DONE]));
    await test.mailsSettled();
    const mails = test.inbox.of(person.email).filter(({ subject }) => /can now/.test(subject));
    expect(mails).toHaveLength(1);
    expect(await identitiesOf(test, person)).toHaveLength(1);
  });

  it('of one name are sixteen people with sixteen usernames', async () => {
    const answers = await gather((n) => {
      appear(test, 'google', { email: `namesake@example${n}.com` });
      return signingIn('google');
    });
    expect(new Set(answers.map(endOf))).toEqual(new Set([DONE]));
    const names = (await usersOf(answers)).map(({ username }) => username);
    expect(new Set(names).size).toBe(16);
    for (const name of names) expect(name).toMatch(/^namesake(_[\da-f]{4,9})?$/);
  });

  it('linking one account of a provider are one who has it, and fifteen who do not', async () => {
    appear(test, 'google');
    const people = await Promise.all(Array.from({ length: 16 }, () => signedIn(test)));
    const answers = await gather((n) => linking('google', people[n]!.tokens));
    expect(tally(answers)).toEqual({ 302: 16 });
    const ends = answers.map(endOf).toSorted();
    expect(ends).toEqual([
      `${FRONTEND}/auth?linked=google`,
      ...Array(15).fill(`${FRONTEND}/login?error=identity_taken`),
    ]);
  });

  it('linking sixteen accounts of a provider to one account link one of them', async () => {
    const { person, tokens } = await signedIn(test);
    const answers = await gather(() => {
      appear(test, 'google');
      return linking('google', tokens);
    });
    expect(answers.map(endOf).toSorted()).toEqual([
      `${FRONTEND}/auth?linked=google`,
      ...Array(15).fill(`${FRONTEND}/login?error=provider_already_linked`),
    ]);
    expect(await identitiesOf(test, person)).toHaveLength(1);
  });

  it('linking what belongs to each other are refused, and none of them hangs', async () => {
    const owners: { readonly visitor: Visitor; readonly tokens: Tokens }[] = [];
    for (const _ of [1, 2])
      owners.push({
        visitor: appear(test, 'google'),
        tokens: await enter(test, 'google'),
      });
    const answers = await gather((n) => {
      appear(test, 'google', { ...owners[n % 2]!.visitor });
      return linking('google', owners[(n + 1) % 2]!.tokens);
    });
    expect(answers.map(endOf)).toEqual(Array(16).fill(`${FRONTEND}/login?error=identity_taken`));
  });
});
