import { setTimeout } from 'node:timers/promises';
import type { Answer } from './support/client';
import { claimsOf } from './support/jwt';
import { itLogsNoSecret } from './support/log';
import { mailsTo, waitForMail } from './support/mailbox';
import {
  amend,
  isAccepted,
  newPassword,
  newPerson,
  type Person,
  signedIn,
  signIn,
  type Tokens,
} from './support/people';
import { expectProblem } from './support/problems';
import { needing, useTarget } from './support/target';

/** Short, so that its end can be waited for; long enough for fifty requests at once. */
const target = useTarget({
  REFRESH_REUSE_GRACE_SECONDS: '5',
  RATE_LIMIT_REFRESH: '1000/60s',
});
const attack = needing('people');
const race = needing('people', 'admin', 'addresses');

/** How often each interleaving is tried, and how many at a time. */
const RACES = 200;
const AT_ONCE = 10;
/** Between two looks at whether the grace has ended. */
const PAUSE_MS = 100;

const refresh = (token: string): Promise<Answer> =>
  target.client().post('auth/refresh', { refresh_token: token });

/** As `refresh`, and asks again when a limit says so: at a target whose settings are not ours. */
async function patientRefresh(token: string): Promise<Answer> {
  const answer = await refresh(token);
  if (answer.status !== 429) return answer;
  await setTimeout(Number(answer.headers.get('retry-after')) * 1000);
  return patientRefresh(token);
}

async function refreshed(token: string): Promise<Tokens> {
  const answer = await patientRefresh(token);
  expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({})]);
  return answer.body as Tokens;
}

/** Neither token is good for anything. */
async function isDead({ access_token, refresh_token }: Tokens): Promise<boolean> {
  return !(await isAccepted(target, access_token)) && (await refresh(refresh_token)).status === 401;
}

const times = <T>(count: number, act: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, () => act()));

/** Runs a race many times, some at once, and says what came of each. */
async function tries<T>(act: () => Promise<T>): Promise<T[]> {
  const outcomes: T[] = [];
  while (outcomes.length < RACES) outcomes.push(...(await times(AT_ONCE, act)));
  return outcomes;
}

describe('a refresh token used more than once', () => {
  attack('CVE-2026-1035: of fifty refreshes at once exactly one rotates', async () => {
    const { tokens } = await signedIn(target);
    const answers = await times(50, () => refresh(tokens.refresh_token));
    const pairs = answers.filter(({ status }) => status === 200).map(({ body }) => body as Tokens);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.filter(({ status }) => ![401, 429].includes(status))).toEqual([]);
    const next = new Set(pairs.map(({ refresh_token }) => refresh_token));
    expect([...next]).toEqual([expect.not.stringMatching(tokens.refresh_token)]);
    expect(new Set(pairs.map(({ access_token }) => claimsOf(access_token).sid)).size).toBe(1);
    for (const { access_token } of pairs) expect(await isAccepted(target, access_token)).toBe(true);
    const [last] = next;
    expect((await refreshed(last!)).refresh_token).not.toBe(last);
  });

  attack('RFC 9700 §4.14.2: the one before the last ends the session at once', async () => {
    const { tokens } = await signedIn(target);
    const second = await refreshed(tokens.refresh_token);
    const third = await refreshed(second.refresh_token);
    expectProblem(await refresh(tokens.refresh_token), 401, 'refresh_token_reused');
    for (const pair of [tokens, second, third]) expect(await isDead(pair)).toBe(true);
  });

  attack('RFC 9700 §4.14.2: the one just replaced ends it after the grace', async () => {
    const { tokens } = await signedIn(target);
    const current = await refreshed(tokens.refresh_token);
    let late = await patientRefresh(tokens.refresh_token);
    while (late.status === 200) {
      // Within the grace a late tab gets what is current, and nothing that would be new.
      expect(late.body.refresh_token).toBe(current.refresh_token);
      await setTimeout(PAUSE_MS);
      late = await patientRefresh(tokens.refresh_token);
    }
    expectProblem(late, 401, 'refresh_token_reused');
    expect(await isDead(current)).toBe(true);
  });

  needing('people', 'mailbox')('RFC 9700 §4.14.2: tells its owner once', async () => {
    const { person, tokens } = await signedIn(target);
    const other = await signIn(target, person);
    await refreshed((await refreshed(tokens.refresh_token)).refresh_token);
    const answers = await times(16, () => refresh(tokens.refresh_token));
    const codes = answers.map(({ body }) => body.code as string).toSorted();
    expect(codes).toEqual([...Array(15).fill('invalid_refresh_token'), 'refresh_token_reused']);
    await waitForMail(target, person.email, /^We ended a session/);
    // Whatever else was owed has been sent when this one, owed after it, has come.
    await target.client().post('auth/password/reset/request', { email: person.email });
    await waitForMail(target, person.email, /^Reset your/);
    const subjects = (await mailsTo(target, person.email)).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject.startsWith('We ended a session'))).toHaveLength(1);
    expect(await isAccepted(target, other.access_token)).toBe(true);
  });
});

describe('CWE-362: a refresh at the same moment as', () => {
  /** Whatever the two came to, no token of the session is good when both are over. */
  async function isDeadAfter(tokens: Tokens, end: () => Promise<Answer>): Promise<boolean> {
    const [raced, ended] = await Promise.all([refresh(tokens.refresh_token), end()]);
    expect([200, 401]).toContain(raced.status);
    expect(ended.status).toBe(200);
    const next = raced.status === 200 ? [raced.body as Tokens] : [];
    const dead = await Promise.all([tokens, ...next].map((pair) => isDead(pair)));
    return dead.every(Boolean);
  }

  race('signing out leaves no session alive', async () => {
    const person = await newPerson(target);
    const outcomes = await tries(async () => {
      const tokens = await signIn(target, person);
      const { access_token: token } = tokens;
      return isDeadAfter(tokens, () => target.client().post('auth/logout', {}, { token }));
    });
    expect(outcomes).not.toContain(false);
  });

  race('signing out everywhere leaves no session alive', async () => {
    const outcomes = await tries(async () => {
      const { person, tokens } = await signedIn(target);
      const { access_token: token } = await signIn(target, person);
      return isDeadAfter(tokens, () => target.client().post('auth/logout-all', {}, { token }));
    });
    expect(outcomes).not.toContain(false);
  });

  race('disabling leaves no session alive, not even when enabled again', async () => {
    const outcomes = await tries(async () => {
      const { person, tokens } = await signedIn(target);
      const wasDead = await isDeadAfter(tokens, () => amend(target, person, { is_active: false }));
      await amend(target, person, { is_active: true });
      return wasDead && (await isDead(tokens));
    });
    expect(outcomes).not.toContain(false);
  });

  race('a password change leaves no other session alive, and this one is', async () => {
    const outcomes = await tries(async () => {
      const { person, tokens } = await signedIn(target);
      const own = await signIn(target, person);
      const isOtherDead = await isDeadAfter(tokens, () => changePassword(person, own));
      return isOtherDead && (await isAccepted(target, own.access_token));
    });
    expect(outcomes).not.toContain(false);
  });
});

function changePassword({ password }: Person, { access_token: token }: Tokens): Promise<Answer> {
  const body = { current_password: password, new_password: newPassword() };
  return target.client().post('auth/password/change', body, { token });
}

itLogsNoSecret(target);
