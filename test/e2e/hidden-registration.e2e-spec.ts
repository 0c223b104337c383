import { ARGON2_ENGINE, type Argon2Engine } from '../../src/auth/passwords/argon2-engine';
import type { Role } from '../../src/common/access/principal';
import { alter, effectsOf } from '../support/effects';
import { tokenIn } from '../support/inbox';
import { type OAuthTestApp, startOAuthApp } from '../support/oauth-app';
import { appear, lastAudits, visit } from '../support/oauth-people';
import { PASSWORD, type Person, sixteen, signIn, tally } from '../support/people';
import { expectProblem } from '../support/problems';
import { standstill } from '../support/standstill';

let test: OAuthTestApp;
let count = 0;
beforeAll(async () => {
  test = await startOAuthApp({ REGISTRATION_HIDES_ACCOUNTS: 'true' });
});
afterAll(() => test.close());

/** Somebody new who may sign in; nobody is told the id, so it is read from the table. */
async function verifiedPerson(): Promise<Person> {
  const username = `person${++count}`;
  const person = { username, email: `${username}@example.com`, password: PASSWORD };
  expect((await test.api.post('auth/register', person)).status).toBe(202);
  const [{ id }] = await test.query('SELECT id FROM users WHERE username = $1', [username]);
  await alter(test, { id }, 'email_verified_at = now()');
  return { ...person, id };
}

/** An access token. */
async function signedInWithRole(role: Role): Promise<string> {
  const person = await verifiedPerson();
  await alter(test, person, 'role = $2', role);
  return (await signIn(test, person)).access_token;
}

const ask = (fields: object) =>
  effectsOf(test, () =>
    test.api.post('auth/register', fields, { headers: { 'x-request-id': 'same' } }),
  );

it('account enumeration: the same hashing for a free and a taken address', async () => {
  const hash = jest.spyOn(test.app.get<Argon2Engine>(ARGON2_ENGINE, { strict: false }), 'hash');
  const counts: number[] = [];
  for (const username of ['first', 'second']) {
    hash.mockClear();
    await ask({ username, email: 'timing@example.com', password: PASSWORD });
    counts.push(hash.mock.calls.length);
  }
  hash.mockRestore();
  expect(counts).toEqual([1, 1]);
  await test.query('DELETE FROM users');
});

it('account enumeration: one answer for a free and a taken address', async () => {
  const free = await ask({ username: 'ada', email: 'ada@example.com', password: PASSWORD });
  const taken = await ask({ username: 'eve', email: 'ADA@example.com', password: PASSWORD });
  expect([free.answer.status, taken.answer.status]).toEqual([202, 202]);
  expect(taken.answer.text).toBe(free.answer.text);
  expect(free.answer.body).toEqual({ message: expect.any(String), success: true });
  const headers = ({ answer }: typeof free) => [...answer.headers.keys()];
  expect(headers(taken)).toEqual(headers(free));

  expect([free.mails, free.audits]).toEqual([
    ['email_verification to ada@example.com'],
    ['user_registered'],
  ]);
  expect([taken.mails, taken.audits]).toEqual([
    ['already_registered to ada@example.com'],
    ['registration_refused'],
  ]);
  const [refusal] = await lastAudits(test, 1);
  const [{ id }] = await test.query(`SELECT id FROM users WHERE username = 'ada'`);
  expect(refusal).toEqual({
    action: 'registration_refused',
    actor: null,
    subject: id,
    details: { reason: 'email_taken' },
  });
  expect(await test.query('SELECT username FROM users')).toEqual([{ username: 'ada' }]);
  const told = test.inbox.of('ada@example.com').at(-1)!;
  expect(told.subject).toBe('You already have an account at Gatehouse');
  expect(told.text).toContain('ada');
  expect(told.text).not.toContain('eve');
  expect(told.text).not.toContain('token=');
});

it('a taken username is told, whether or not the address is taken too', async () => {
  await ask({ username: 'grace', email: 'grace@example.com', password: PASSWORD });
  for (const email of ['grace@example.com', 'free@example.com']) {
    const { answer, mails } = await ask({ username: 'Grace', email, password: PASSWORD });
    expectProblem(answer, 409, 'username_taken');
    expect(mails).toEqual([]);
  }
});

it('the answer does not differ by what the owner of the address is like', async () => {
  const owner = { username: 'kay', email: 'kay@example.com', password: PASSWORD };
  await ask(owner);
  const states = ['is_active = false', 'email_verified_at = now()', 'password_hash = NULL'];
  for (const [number, state] of states.entries()) {
    await test.query(`UPDATE users SET ${state} WHERE username = 'kay'`);
    const { answer } = await ask({ ...owner, username: `mallory${number}` });
    expect([state, answer.status]).toEqual([state, 202]);
  }
  expect(await test.query(`SELECT 1 FROM users WHERE username LIKE 'mallory%'`)).toEqual([]);
});

describe('account enumeration by what follows a sign-up', () => {
  /** Two who signed up, with an address that was free and one that was taken. */
  async function twoNames(): Promise<{ readonly free: string; readonly taken: string }> {
    const owner = await verifiedPerson();
    const names = { free: `free${count}`, taken: `taken${count}` };
    const addresses = { free: `${names.free}@example.com`, taken: owner.email };
    for (const which of ['free', 'taken'] as const) {
      const { answer } = await ask({
        username: names[which],
        email: addresses[which],
        password: PASSWORD,
      });
      expect(answer.status).toBe(202);
    }
    return names;
  }

  it('a name is taken afterwards, in any case and with any address', async () => {
    const names = await twoNames();
    for (const name of Object.values(names))
      for (const username of [name, name.toUpperCase()]) {
        const email = `another${count++}@example.com`;
        const { answer, mails } = await ask({ username, email, password: PASSWORD });
        expectProblem(answer, 409, 'username_taken');
        expect(mails).toEqual([]);
      }
    const users = 'SELECT username FROM users WHERE username = ANY($1)';
    expect(await test.query(users, [Object.values(names)])).toEqual([{ username: names.free }]);
  });

  it('nothing that is kept says which name it was, or whose', async () => {
    const { taken } = await twoNames();
    const rows = await test.query('SELECT * FROM reserved_usernames');
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['digest', 'reserved_at']);
      expect(row.digest).toMatch(/^[\w-]{43}$/);
    }
    expect(JSON.stringify(rows)).not.toContain(taken);
  });

  it('whoever has yet to verify an address is in no list of public profiles', async () => {
    const { free, taken } = await twoNames();
    const reader = await signedInWithRole('user');
    const admin = await signedInWithRole('admin');
    const found = async (q: string, token: string) => {
      const answer = await test.api.get(`users?q=${q}`, { token });
      const names = answer.body.map(({ username }: { username: string }) => username);
      return [answer.status, answer.headers.get('x-total-count'), names];
    };
    const [{ id }] = await test.query('SELECT id FROM users WHERE username = $1', [free]);
    expect(await found(free, reader)).toEqual([200, '0', []]);
    expect(await found(taken, reader)).toEqual([200, '0', []]);
    expectProblem(await test.api.get(`users/${id}`, { token: reader }), 404, 'user_not_found');
    expect(await found(free, admin)).toEqual([200, '1', [free]]);
    expect((await test.api.get(`users/${id}`, { token: admin })).status).toBe(200);

    await alter(test, { id }, 'email_verified_at = now()');
    expect(await found(free, reader)).toEqual([200, '1', [free]]);
    expect((await test.api.get(`users/${id}`, { token: reader })).status).toBe(200);
    await alter(test, { id }, 'email = NULL, email_verified_at = NULL');
    expect(await found(free, reader)).toEqual([200, '1', [free]]);
    expect((await test.api.get(`users/${id}`, { token: reader })).status).toBe(200);
  });

  it('who comes by a provider is called alike', async () => {
    const called: string[] = [];
    for (const [which, name] of Object.entries(await twoNames())) {
      const { email } = appear(test, 'google', { email: `${name}@provider.example` });
      await visit(test, 'google');
      const [row] = await test.query('SELECT username FROM users WHERE email = $1', [email]);
      called.push(row.username.replace(which, '').replace(/_[0-9a-f]+$/, '_…'));
    }
    expect(called).toEqual([`${count}_…`, `${count}_…`]);
  });

  it('a name is free again when its account is deleted', async () => {
    const { free } = await twoNames();
    const token = await signedInWithRole('admin');
    const [{ id }] = await test.query('SELECT id FROM users WHERE username = $1', [free]);
    expect((await test.api.delete(`users/${id}`, { token })).status).toBe(204);
    const { answer } = await ask({
      username: free,
      email: `${free}@example.com`,
      password: PASSWORD,
    });
    expect(answer.status).toBe(202);
    const users = 'SELECT username FROM users WHERE username = $1';
    expect(await test.query(users, [free])).toHaveLength(1);
  });

  it('an admin may give the name away', async () => {
    const { taken } = await twoNames();
    const token = await signedInWithRole('admin');
    const body = { username: taken, email: `${taken}@example.com`, password: PASSWORD };
    expect((await test.api.post('users', body, { token })).status).toBe(201);
  });
});

describe('sixteen sign-ups at once', () => {
  const statuses = async (of: (n: number) => { username: string; email: string }) =>
    tally(await sixteen((n) => test.api.post('auth/register', { ...of(n), password: PASSWORD })));

  it('with one name: one has it, whether the addresses are free or taken', async () => {
    const owners: string[] = [];
    for (let n = 0; n < 16; n++) owners.push((await verifiedPerson()).email);
    const free = await statuses((n) => ({ username: 'race-free', email: `race${n}@example.com` }));
    const taken = await statuses((n) => ({ username: 'race-taken', email: owners[n]! }));
    const mixed = await statuses((n) => ({
      username: 'race-mixed',
      email: n % 2 ? owners[n]! : `mixed${n}@example.com`,
    }));
    for (const each of [free, taken, mixed]) expect(each).toEqual({ 202: 1, 409: 15 });
  });

  it('with one address: one gets an account, and all are answered alike', async () => {
    await test.mailsSettled();
    const email = 'race@example.com';
    expect(await statuses((n) => ({ username: `racer${n}`, email }))).toEqual({ 202: 16 });
    await test.mailsSettled();
    expect(await test.query('SELECT 1 FROM users WHERE email = $1', [email])).toHaveLength(1);
    const confirmations = test.inbox.of(email).filter(({ text }) => text.includes('token='));
    expect([confirmations.length, test.inbox.of(email).length]).toEqual([1, 16]);
    expect(await statuses((n) => ({ username: `racer${n}`, email }))).toEqual({ 409: 16 });
  });
});

it('an address whose owner is deleted at that moment is free', async () => {
  const token = await signedInWithRole('admin');
  const { id, email } = await verifiedPerson();
  const held = await standstill(test, `SELECT FROM users WHERE id = '${id}' FOR UPDATE`);
  const deletion = await held.queue(() => test.api.delete(`users/${id}`, { token }));
  const body = { username: 'successor', email, password: PASSWORD };
  const signUp = await held.queue(() => test.api.post('auth/register', body));
  await held.release();
  expect((await deletion.answer).status).toBe(204);
  expect((await signUp.answer).status).toBe(202);
  const users = 'SELECT username FROM users WHERE email = $1';
  expect(await test.query(users, [email])).toEqual([{ username: 'successor' }]);
  expect(tokenIn(await test.inbox.waitFor(email, /confirm/i))).toBeTruthy();
});
