import type { Answer, Call } from '../support/api';
import { alter } from '../support/effects';
import { type OAuthTestApp, startOAuthApp } from '../support/oauth-app';
import { PASSWORD, type Person, signUpVerified } from '../support/people';
import { expectTraceable } from '../support/problems';
import { UserAgent } from '../support/providers/user-agent';

const TOKENS = {
  access_token: expect.any(String),
  refresh_token: expect.any(String),
  token_type: 'bearer',
  expires_in: 1800,
};
const DONE = { message: expect.stringMatching(/\S/), success: true };

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp({ OAUTH_RESULT: 'json' });
});
afterAll(() => test.close());

async function call(method: string, path: string, more: Call = {}): Promise<Answer> {
  const answer = await test.api.call(method, `/api/${path}`, more);
  expectTraceable(answer);
  return answer;
}

/** The body of a success, or what was refused, as `403 forbidden`. */
const outcome = ({ status, body }: Answer) => (status < 300 ? body : `${status} ${body.code}`);

const get = async (path: string, token?: string) => outcome(await call('GET', path, { token }));
const post = async (path: string, json?: unknown, token?: string) =>
  outcome(await call('POST', path, { json, token }));
const remove = async (path: string, token: string) =>
  outcome(await call('DELETE', path, { token }));

/** In a browser of their own: the answer of the callback is the tokens. */
const signInWith = async (provider: string): Promise<Answer['body']> =>
  outcome((await new UserAgent().follow(`${test.api.origin}/api/auth/${provider}`)).answer);

const refresh = ({ refresh_token }: { refresh_token: string }) =>
  post('auth/refresh', { refresh_token });

const linkedProviders = async (token: string): Promise<string[]> =>
  (await get('users/me/linked-accounts', token)).linked_accounts.map(
    ({ provider }: { provider: string }) => provider,
  );

it('serves a client of the session service all that it knows', async () => {
  Object.assign(test.google.person, { subject: 'g-ada', email: 'ada@example.com', name: 'Ada' });
  Object.assign(test.discord.person, { subject: 'd-ada', email: null, username: 'ada.l' });

  // Signs in with Google on three devices, each of which is a session.
  const [laptop, phone, tablet] = [
    await signInWith('google'),
    await signInWith('google'),
    await signInWith('google'),
  ];
  for (const tokens of [laptop, phone, tablet]) expect(tokens).toEqual(TOKENS);
  const token: string = laptop.access_token;
  const ada = await get('users/me', token);
  expect(ada).toMatchObject({ email: 'ada@example.com', is_oauth: true, is_verified: true });
  const list = await get('users/me/sessions', token);
  expect(list.count).toBe(3);
  expect(list.sessions).toEqual(
    Array.from({ length: 3 }, () => ({
      id: expect.any(String),
      current: expect.any(Boolean),
      created_at: '2030-01-01T00:00:00.000Z',
      last_used_at: '2030-01-01T00:00:00.000Z',
      ip: '127.0.0.1',
      user_agent: 'node',
      device: expect.any(String),
      method: 'google',
    })),
  );

  // Ends one session by its id, one by its refresh token, and the rest goes on.
  const tabletId = (await get('users/me/sessions', tablet.access_token)).sessions.find(
    ({ current }: { current: boolean }) => current,
  ).id;
  expect(await remove(`users/me/sessions/${tabletId}`, token)).toEqual(DONE);
  expect(await remove(`users/me/sessions/${tabletId}`, token)).toBe('404 session_not_found');
  expect(await get('users/me', tablet.access_token)).toBe('401 invalid_access_token');
  expect(await refresh(tablet)).toBe('401 invalid_refresh_token');
  const phoneRenewed = await refresh(phone);
  expect(phoneRenewed).toEqual(TOKENS);
  expect(await post('auth/logout', { refresh_token: phoneRenewed.refresh_token })).toEqual(DONE);
  expect(await refresh(phoneRenewed)).toBe('401 invalid_refresh_token');
  expect(await get('users/me', phoneRenewed.access_token)).toBe('401 invalid_access_token');
  expect((await get('users/me/sessions', token)).count).toBe(1);

  // Links Discord, signs in with it, and unlinks all but the last way in.
  const agent = new UserAgent();
  const bearer = { authorization: `Bearer ${token}` };
  const start = await agent.post(`${test.api.origin}/api/auth/link/discord`, {}, bearer);
  expect(start.status).toBe(200);
  const linked = await agent.follow(start.body.authorization_url);
  expect([linked.answer.status, linked.answer.body]).toEqual([200, DONE]);
  expect(await linkedProviders(token)).toEqual(['google', 'discord']);
  const byDiscord = await signInWith('discord');
  expect((await get('users/me', byDiscord.access_token)).id).toBe(ada.id);
  expect(await remove('users/me/link/google', token)).toEqual(DONE);
  expect(await linkedProviders(byDiscord.access_token)).toEqual(['discord']);
  expect(await remove('users/me/link/discord', byDiscord.access_token)).toBe(
    '409 last_sign_in_method',
  );
  expect(await remove('users/me/link/google', byDiscord.access_token)).toBe(
    '404 identity_not_found',
  );

  // Nobody else links what is hers.
  const eve: Person = await signUpVerified(test, 'eve');
  const eveTokens = await post('auth/login', { username: 'eve', password: PASSWORD });
  const eveAgent = new UserAgent();
  const eveStart = await eveAgent.post(
    `${test.api.origin}/api/auth/link/discord`,
    {},
    { authorization: `Bearer ${eveTokens.access_token}` },
  );
  const taken = await eveAgent.follow(eveStart.body.authorization_url);
  expect(outcome(taken.answer)).toBe('409 identity_taken');

  // Is premium until it runs out, with nothing that has to run then.
  await alter(test, eve, `role = 'admin'`);
  const until = new Date(test.clock.now().getTime() + 600_000).toISOString();
  const paid = await call('PUT', `users/${ada.id}/subscription`, {
    json: { premium_until: until },
    token: eveTokens.access_token,
  });
  expect(paid.status).toBe(200);
  const premium = async () => {
    const { is_premium, premium_until } = await get('users/me', byDiscord.access_token);
    return [is_premium, premium_until];
  };
  expect(await premium()).toEqual([true, until]);
  test.clock.advance({ minutes: 10 });
  expect(await premium()).toEqual([false, until]);

  // Signs out everywhere at once.
  const last = await signInWith('discord');
  expect(await post('auth/logout-all', undefined, last.access_token)).toEqual({ revoked: 3 });
  for (const tokens of [last, byDiscord, laptop]) {
    expect(await get('users/me', tokens.access_token)).toBe('401 invalid_access_token');
    expect(await refresh(tokens)).toBe('401 invalid_refresh_token');
  }

  await test.mailsSettled();
  const subjects = test.inbox.of('ada@example.com').map(({ subject }) => subject);
  expect(subjects.toSorted()).toEqual([
    'Discord can now sign in to your Gatehouse account',
    'Google was removed from your Gatehouse account',
  ]);
});
