import type { Answer } from '../support/api';
import { type Person, signedIn, signedInAs, signIn, type Tokens } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const activity = ({ access_token: token }: Tokens, query = '') =>
  test.api.get(`users/me/activity${query}`, { token });

const actions = ({ body }: Answer): string[] =>
  body.map((event: { action: string }) => event.action);

const next = ({ headers }: Answer): string | null =>
  /^<http:\/\/localhost:8000\/api\/v1\/users\/me\/activity(\?.*)>; rel="next"$/.exec(
    headers.get('link') ?? '',
  )?.[1] ?? null;

/** Events of times that repeat, as a busy moment has them. */
const addEvents = ({ id }: Person, count: number) =>
  test.query(
    `INSERT INTO audit_events (id, action, subject_id, ip, created_at)
     SELECT gen_random_uuid(), 'sign_in_failed', $1, '192.0.2.1',
       '2029-01-01Z'::timestamptz + n / 4 * interval '1 microsecond'
     FROM generate_series(1, $2::int) n`,
    [id, count],
  );

it('is what happened to you, newest first, and to nobody else', async () => {
  const { person, tokens } = await signedIn(test);
  await signedIn(test);
  await test.api.post('auth/login', { username: person.username, password: 'wrong password' });
  const answer = await activity(tokens);
  expect(answer.status).toBe(200);
  expect(actions(answer)).toEqual([
    'sign_in_failed',
    'sign_in_succeeded',
    'email_verified',
    'user_registered',
  ]);
  expect(answer.body[0]).toEqual({
    id: expect.any(String),
    action: 'sign_in_failed',
    by_you: false,
    ip: '127.0.0.1',
    user_agent: 'node',
    device: expect.any(String),
    details: {},
    created_at: test.clock.now().toISOString(),
  });
  expect(answer.body[1]).toMatchObject({ by_you: true, details: { method: 'password' } });
  expect(answer.headers.has('link')).toBe(false);
});

it('names details as everything on the wire', async () => {
  const { person, tokens } = await signedIn(test);
  const { access_token: token } = await signIn(test, person);
  const { body } = await test.api.get('users/me/sessions', { token });
  const { id } = body.sessions.find(({ current }: { current: boolean }) => !current);
  await test.api.delete(`users/me/sessions/${id}`, { token });
  const [event] = (await test.api.get('users/me/activity', { token })).body;
  expect(event).toMatchObject({ action: 'session_revoked', details: { session_id: id } });
  expect((await activity(tokens)).status).toBe(401);
});

it('does not tell where an admin was who acted on you', async () => {
  const { person, tokens } = await signedIn(test);
  const admin = await signedInAs(test, 'admin');
  const path = `users/${person.id}/subscription`;
  const { access_token: token } = admin.tokens;
  const headers = { 'user-agent': 'the admin’s browser'.replace('’', "'") };
  const json = { occurred_at: '2029-12-31T00:00:00Z' };
  expect((await test.api.call('PUT', path, { json, token, headers })).status).toBe(200);
  const { body } = await activity(tokens);
  expect(body[0]).toMatchObject({
    action: 'subscription_changed',
    by_you: false,
    ip: null,
    user_agent: null,
    details: { applied: true, fields: '' },
  });
  expect(actions(await activity(admin.tokens))).not.toContain('subscription_changed');
});

it('comes in pages that miss and repeat nothing while events come in', async () => {
  const { person, tokens } = await signedIn(test);
  await addEvents(person, 40);
  const seen: string[] = [];
  let pages = 0;
  for (let query: string | null = '?limit=7'; query !== null; pages++) {
    const answer = await activity(tokens, query);
    expect(answer.status).toBe(200);
    seen.push(...answer.body.map(({ id }: { id: string }) => id));
    query = next(answer);
    if (query) expect(query).toMatch(/^\?limit=7&cursor=/);
    await test.api.post('auth/login', { username: person.username, password: 'wrong password' });
  }
  expect([seen.length, new Set(seen).size, pages]).toEqual([43, 43, 7]);
});

it.each([
  ['?limit=0', ['/limit']],
  ['?limit=101', ['/limit']],
  ['?cursor=nonsense', ['/cursor']],
  ['?action=signed_out', ['/action']],
])('refuses %s', async (query, pointers) => {
  const { tokens } = await signedIn(test);
  expectInvalid(await activity(tokens, query), pointers);
});

it('refuses the cursor of somebody else’s list', async () => {
  const ada = await signedIn(test);
  await addEvents(ada.person, 3);
  const query = next(await activity(ada.tokens, '?limit=2'));
  const eve = await signedIn(test);
  expectInvalid(await activity(eve.tokens, query!), ['/cursor']);
});

describe('a cursor that was tampered with', () => {
  const forgedIn = (query: string, forge: (position: string[]) => string[]): string => {
    const parameters = new URLSearchParams(query);
    const bytes = Buffer.from(parameters.get('cursor')!, 'base64url');
    const [digest, ...position] = JSON.parse(bytes.toString()) as [string, ...string[]];
    const cursor = JSON.stringify([digest, ...forge(position)]);
    parameters.set('cursor', Buffer.from(cursor).toString('base64url'));
    return `?${parameters.toString()}`;
  };

  it.each([
    '2030-01-01T00:00:00.000000+23:59',
    '2030-01-01T00:00:00.000000-23:59',
    '2030-01-01T00:00:00Z',
    '9999-12-31T23:59:59.000000-05:00',
    '0001-01-01T00:00:00.000000Z',
    '-infinity',
  ])('to begin at %s is refused before it reaches the database', async (time) => {
    const { person, tokens } = await signedIn(test);
    await addEvents(person, 3);
    const query = next(await activity(tokens, '?limit=2'))!;
    expect(
      (
        await activity(
          tokens,
          forgedIn(query, (position) => position),
        )
      ).status,
    ).toBe(200);
    const forged = forgedIn(query, ([, id]) => [time, id!]);
    expectInvalid(await activity(tokens, forged), ['/cursor']);
  });
});

it('is for whoever is signed in', async () => {
  expectProblem(await test.api.get('users/me/activity'), 401, 'unauthenticated');
});
