import type { Answer } from '../support/api';
import { alter, effectsOf, userRow } from '../support/effects';
import {
  PASSWORD,
  type Person,
  signUp,
  signIn,
  sixteen,
  tally,
  type Tokens,
} from '../support/people';
import { expectCleanLogs, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

interface Admin {
  readonly person: Person;
  readonly tokens: Tokens;
}

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterEach(() => test.query(`UPDATE users SET role = 'user'`));
afterAll(async () => {
  expectCleanLogs(test.logs);
  await test.close();
});

async function admin(): Promise<Admin> {
  const person = await signUp(test);
  await alter(test, person, `role = 'admin', email_verified_at = created_at`);
  return { person, tokens: await signIn(test, person) };
}

const patch = (by: Admin, { person: { id } }: Admin, body: object): Promise<Answer> =>
  test.api.patch(`users/${id}`, body, { token: by.tokens.access_token });
const demote = (by: Admin, whom: Admin) => patch(by, whom, { role: 'user' });
const disable = (by: Admin, whom: Admin) => patch(by, whom, { is_active: false });
const remove = (by: Admin, { person: { id } }: Admin): Promise<Answer> =>
  test.api.delete(`users/${id}`, { token: by.tokens.access_token });
const leave = ({ tokens }: Admin): Promise<Answer> =>
  test.api.delete('users/me', { token: tokens.access_token, json: { password: PASSWORD } });

const activeAdmins = async (): Promise<string[]> => {
  const rows = await test.query(`SELECT id FROM users WHERE role = 'admin' AND is_active`);
  return rows.map(({ id }) => id);
};

const WAYS: readonly (readonly [string, (by: Admin, whom: Admin) => Promise<Answer>])[] = [
  ['demoted', demote],
  ['made a guest', (by, whom) => patch(by, whom, { role: 'guest' })],
  ['disabled', disable],
  ['demoted and disabled', (by, whom) => patch(by, whom, { role: 'user', is_active: false })],
  ['deleted', remove],
];

describe('the last active admin', () => {
  it.each(WAYS)('cannot be %s, and nothing of them is changed', async (_, act) => {
    const last = await admin();
    const before = await userRow(test, last.person);
    const { answer, mails, audits } = await effectsOf(test, () => act(last, last));
    expectProblem(answer, 409, 'last_admin');
    expect([mails, audits]).toEqual([[], []]);
    expect(await userRow(test, last.person)).toEqual(before);
    const { access_token: token } = last.tokens;
    expect((await test.api.get('users/me', { token })).status).toBe(200);
  });

  it('is not changed in part either', async () => {
    const last = await admin();
    const before = await userRow(test, last.person);
    const change = { bio: 'Gone.', username: 'somebody.else', role: 'user' };
    expectProblem(await patch(last, last, change), 409, 'last_admin');
    expect(await userRow(test, last.person)).toEqual(before);
  });

  it.each(WAYS)('is not whoever has another beside them: one of two may be %s', async (_, act) => {
    const [one, two] = [await admin(), await admin()];
    expect([200, 204]).toContain((await act(one, two)).status);
    expect(await activeAdmins()).toEqual([one.person.id]);
    expectProblem(await act(one, one), 409, 'last_admin');
  });

  it('is the last although others are disabled, and another is a user', async () => {
    const [last, disabled, user] = [await admin(), await admin(), await admin()];
    await alter(test, disabled.person, 'is_active = false');
    await alter(test, user.person, `role = 'user'`);
    for (const [, act] of WAYS) expectProblem(await act(last, last), 409, 'last_admin');
  });

  it('hinders nobody from changing those who are none', async () => {
    const [last, disabled, user] = [await admin(), await admin(), await admin()];
    await alter(test, disabled.person, 'is_active = false');
    await alter(test, user.person, `role = 'user'`);
    expect((await demote(last, disabled)).status).toBe(200);
    expect((await disable(last, user)).status).toBe(200);
    expect((await remove(last, user)).status).toBe(204);
  });

  it('may change everything else of themselves', async () => {
    const last = await admin();
    const change = { role: 'admin', is_active: true, bio: 'Still here.', username: 'the.last' };
    const answer = await patch(last, last, change);
    expect([answer.status, answer.body]).toEqual([200, expect.objectContaining(change)]);
  });

  it('may go once they have made another', async () => {
    const [last, next] = [await admin(), await admin()];
    await alter(test, next.person, `role = 'user'`);
    expectProblem(await demote(last, last), 409, 'last_admin');
    expect((await patch(last, next, { role: 'admin' })).status).toBe(200);
    expect((await demote(last, last)).status).toBe(200);
    expect(await activeAdmins()).toEqual([next.person.id]);
  });
});

describe('sixteen at once leave an active admin', () => {
  /** No answer but done, refused as the last, or refused as one who is no admin any more. */
  async function expectOrder(answers: readonly Answer[]): Promise<void> {
    for (const answer of answers)
      if (answer.status >= 300)
        expect(['last_admin', 'forbidden', 'invalid_access_token', 'user_not_found']).toContain(
          answer.body?.code,
        );
    expect((await activeAdmins()).length).toBeGreaterThan(0);
  }

  const ROUNDS = [1, 2, 3];

  it.each(ROUNDS)('when two demote each other and themselves (%d)', async () => {
    const [a, b] = [await admin(), await admin()];
    const pairs = [
      [a, b],
      [b, a],
      [a, a],
      [b, b],
    ] as const;
    const answers = await sixteen((n) => demote(...pairs[n % 4]!));
    await expectOrder(answers);
    expect(await activeAdmins()).toHaveLength(1);
  });

  it.each(ROUNDS)('when two demote, disable and delete each other (%d)', async (round) => {
    const [a, b] = [await admin(), await admin()];
    const acts = [demote, disable, remove, (by: Admin) => leave(by)];
    const answers = await sixteen((n) => {
      const [by, whom] = (n + round) % 2 === 0 ? [a, b] : [b, a];
      return acts[(n >> 1) % 4]!(by, n % 8 === 3 ? by : whom);
    });
    await expectOrder(answers);
    expect(await activeAdmins()).toHaveLength(1);
  });

  it.each(ROUNDS)('when sixteen lay down their role (%d)', async () => {
    const admins: Admin[] = [];
    for (let n = 0; n < 16; n++) admins.push(await admin());
    const answers = await sixteen((n) => demote(admins[n]!, admins[n]!));
    expect(tally(answers)).toEqual({ 200: 15, 409: 1 });
    expect(await activeAdmins()).toHaveLength(1);
  });

  it.each(ROUNDS)('when sixteen go, each in another way (%d)', async (round) => {
    const admins: Admin[] = [];
    for (let n = 0; n < 16; n++) admins.push(await admin());
    const acts = [demote, disable, remove, (by: Admin) => leave(by)];
    const answers = await sixteen((n) => acts[(n + round) % 4]!(admins[n]!, admins[n]!));
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200 || status === 204)).toHaveLength(15);
    expect(await activeAdmins()).toHaveLength(1);
  });

  it.each(ROUNDS)('when each of a ring demotes the next (%d)', async () => {
    const admins: Admin[] = [];
    for (let n = 0; n < 16; n++) admins.push(await admin());
    await expectOrder(await sixteen((n) => demote(admins[n]!, admins[(n + 1) % 16]!)));
  });

  it('when one is promoted while the others go', async () => {
    const [a, b, next] = [await admin(), await admin(), await admin()];
    await alter(test, next.person, `role = 'user'`);
    const answers = await sixteen((n) => {
      if (n === 5) return patch(a, next, { role: 'admin' });
      return n % 2 === 0 ? demote(a, b) : disable(b, a);
    });
    await expectOrder(answers);
    const [left] = await activeAdmins();
    expect(left).toBeDefined();
    const { person } = [a, b, next].find((one) => one.person.id === left)!;
    await signIn(test, person);
  });
});
