import type { Answer } from '../support/api';
import { emailChangeToken, resetToken, verificationToken } from '../support/links';
import {
  type Person,
  signedIn,
  signIn,
  signUp,
  sixteen,
  tally,
  type Tokens,
} from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';

const NEW_PASSWORD = 'a better battery';

let test: TestApp;

const refresh = ({ refresh_token }: Tokens): Promise<Answer> =>
  test.api.post('auth/refresh', { refresh_token });

const isLive = async ({ access_token: token }: Tokens): Promise<boolean> => {
  const { status } = await test.api.get('auth/me', { token });
  expect([200, 401]).toContain(status);
  return status === 200;
};

/** How many answers have each code: `{ invalid_token: 15 }`. */
const codes = (answers: readonly Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { body } of answers) if (body.code) counts[body.code] = (counts[body.code] ?? 0) + 1;
  return counts;
};

/** How often it is in the audit trail that this happened to them. */
const audited = async ({ id }: Person, action: string): Promise<number> => {
  const rows = await test.query(
    'SELECT 1 FROM audit_events WHERE subject_id = $1 AND action = $2',
    [id, action],
  );
  return rows.length;
};

const mailsTo = async (address: string, subject: RegExp): Promise<number> => {
  await test.mailsSettled();
  return test.inbox.of(address).filter((mail) => subject.test(mail.subject)).length;
};

/** The n-th way to write the same address: each bit of `n` is the case of a letter. */
const spelling = (email: string, n: number): string =>
  email.replaceAll(/[a-z]/g, (letter, at) => ((n >> at) & 1 ? letter.toUpperCase() : letter));

describe('sixteen at once without a grace', () => {
  beforeAll(async () => {
    test = await startTestApp({ env: { REFRESH_REUSE_GRACE_SECONDS: '0' } });
  });
  afterAll(() => test.close());

  it('presenting one refresh token are one owner and a thief', async () => {
    const { person, tokens } = await signedIn(test);
    const answers = await sixteen(() => refresh(tokens));

    expect(tally(answers)).toEqual({ 200: 1, 401: 15 });
    expect(codes(answers)).toEqual({ refresh_token_reused: 1, invalid_refresh_token: 14 });
    const [winner] = answers.filter(({ status }) => status === 200);
    expect(await isLive(winner!.body)).toBe(false);
    expect((await refresh(winner!.body)).body.code).toBe('invalid_refresh_token');
    expect(await audited(person, 'refresh_token_reused')).toBe(1);
    expect(await mailsTo(person.email, /ended a session/)).toBe(1);
  });
});

describe('sixteen at once', () => {
  beforeAll(async () => {
    test = await startTestApp();
  });
  afterAll(() => test.close());

  it('rotate one refresh token once, and all get the same next one', async () => {
    const { tokens } = await signedIn(test);
    const answers = await sixteen(() => refresh(tokens));

    expect(tally(answers)).toEqual({ 200: 16 });
    const successors = new Set(answers.map(({ body }) => body.refresh_token));
    expect(successors.size).toBe(1);
    expect(successors).not.toContain(tokens.refresh_token);
    const live = await Promise.all(answers.map(({ body }) => isLive(body)));
    expect(live).toEqual(Array(16).fill(true));
    expect((await refresh(answers[0]!.body)).status).toBe(200);
  });

  it('reusing an old refresh token end its session once', async () => {
    const { person, tokens } = await signedIn(test);
    const current: Tokens = (await refresh(tokens)).body;
    test.clock.advance({ seconds: 11 });
    const answers = await sixteen(() => refresh(tokens));

    expect(tally(answers)).toEqual({ 401: 16 });
    expect(codes(answers)).toEqual({ refresh_token_reused: 1, invalid_refresh_token: 15 });
    expect(await isLive(current)).toBe(false);
    expect(await audited(person, 'refresh_token_reused')).toBe(1);
    expect(await mailsTo(person.email, /ended a session/)).toBe(1);
  });

  it('confirming one password reset set one password', async () => {
    const { person, tokens } = await signedIn(test);
    const token = await resetToken(test, person);
    const answers = await sixteen((n) =>
      test.api.post('auth/password/reset/confirm', { token, new_password: `${NEW_PASSWORD} ${n}` }),
    );

    expect(tally(answers)).toEqual({ 200: 1, 400: 15 });
    expect(codes(answers)).toEqual({ invalid_token: 15 });
    const winner = answers.findIndex(({ status }) => status === 200);
    await signIn(test, { ...person, password: `${NEW_PASSWORD} ${winner}` });
    expect(await isLive(tokens)).toBe(false);
    expect(await audited(person, 'password_reset')).toBe(1);
    expect(await mailsTo(person.email, /password was changed/i)).toBe(1);
  });

  it('confirming one verification verify once, and all hear that it is done', async () => {
    const person = await signUp(test);
    const token = await verificationToken(test, person);
    const answers = await sixteen(() =>
      test.api.post('auth/email/verification/confirm', { token }),
    );

    expect(tally(answers)).toEqual({ 200: 16 });
    expect(await audited(person, 'email_verified')).toBe(1);
    await signIn(test, person);
  });

  it('confirming one e-mail change move the account once', async () => {
    const { person, tokens } = await signedIn(test);
    const moved = `new-${person.email}`;
    const token = await emailChangeToken(test, person, tokens, moved);
    const answers = await sixteen(() => test.api.post('auth/email/change/confirm', { token }));

    expect(tally(answers)).toEqual({ 200: 1, 400: 15 });
    expect(codes(answers)).toEqual({ invalid_token: 15 });
    const me = await test.api.get('auth/me', { token: tokens.access_token });
    expect(me.body.email).toBe(moved);
    expect(await audited(person, 'email_changed')).toBe(1);
    expect(await mailsTo(person.email, /was changed/i)).toBe(1);
  });

  it('signing up with one address, however spelled, make one account', async () => {
    const answers = await sixteen((n) =>
      test.api.post('auth/register', {
        username: `spelling${n}`,
        email: spelling('wanted@example.com', n),
        password: 'correct horse battery',
      }),
    );

    expect(tally(answers)).toEqual({ 201: 1, 409: 15 });
    expect(codes(answers)).toEqual({ email_taken: 15 });
    const users = await test.query(`SELECT email FROM users WHERE username LIKE 'spelling%'`);
    expect(users).toEqual([{ email: 'wanted@example.com' }]);
    expect(await mailsTo('wanted@example.com', /confirm/i)).toBe(1);
  });

  it('signing up with one username make one account', async () => {
    const answers = await sixteen((n) =>
      test.api.post('auth/register', {
        username: n % 2 ? 'Coveted' : 'coveted',
        email: `coveted${n}@example.com`,
        password: 'correct horse battery',
      }),
    );

    expect(tally(answers)).toEqual({ 201: 1, 409: 15 });
    expect(codes(answers)).toEqual({ username_taken: 15 });
    const [winner] = answers.filter(({ status }) => status === 201);
    await test.mailsSettled();
    const mailed = test.inbox.mails.filter(({ to }) => to.startsWith('coveted'));
    expect(mailed.map(({ to }) => to)).toEqual([winner!.body.email]);
  });

  it('changing a password from one session change it once and keep the session', async () => {
    const { person, tokens } = await signedIn(test);
    const answers = await sixteen((n) =>
      test.api.post(
        'auth/password/change',
        { current_password: person.password, new_password: `${NEW_PASSWORD} ${n}` },
        { token: tokens.access_token },
      ),
    );

    expect(tally(answers)).toEqual({ 200: 1, 400: 15 });
    expect(codes(answers)).toEqual({ wrong_password: 15 });
    const winner = answers.findIndex(({ status }) => status === 200);
    await signIn(test, { ...person, password: `${NEW_PASSWORD} ${winner}` });
    expect(await isLive(tokens)).toBe(true);
    expect(await audited(person, 'password_changed')).toBe(1);
    expect(await mailsTo(person.email, /password was changed/i)).toBe(1);
  });

  it('signing out of one session end it once, and all hear that it is done', async () => {
    const { person, tokens } = await signedIn(test);
    const answers = await sixteen(() =>
      test.api.post('auth/logout', {}, { token: tokens.access_token }),
    );

    expect(tally(answers)).toEqual({ 200: 16 });
    expect(await isLive(tokens)).toBe(false);
    expect(await audited(person, 'signed_out')).toBe(1);
  });

  it('signing out everywhere count each session once', async () => {
    const { person, tokens } = await signedIn(test);
    const others = await Promise.all([1, 2, 3, 4].map(() => signIn(test, person)));
    const answers = await sixteen((n) =>
      test.api.post('auth/logout-all', {}, { token: [tokens, ...others][n % 5]!.access_token }),
    );

    const counts = answers.map(({ body }) => body.revoked ?? 0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
    expect(await isLive(tokens)).toBe(false);
  });
});
