import { linkIn, tokenIn } from '../support/inbox';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

it('signs up, verifies by mail, signs in, stays signed in, and recovers a password', async () => {
  const { api, inbox } = test;
  const ada = { username: 'ada', email: 'ada@example.com', password: 'correct horse battery' };

  const registered = await api.post('auth/register', { ...ada, full_name: 'Ada Lovelace' });
  expect(registered.status).toBe(201);
  expect(registered.body).toMatchObject({
    username: 'ada',
    email: 'ada@example.com',
    full_name: 'Ada Lovelace',
    is_verified: false,
    is_active: true,
    role: 'user',
  });
  expect(registered.text).not.toContain('argon2');

  const early = await api.post('auth/login', { username: 'ada', password: ada.password });
  expect([early.status, early.body.code]).toEqual([401, 'email_not_verified']);

  const verification = await inbox.waitFor(ada.email, /confirm/i);
  expect(linkIn(verification).href).toContain('http://localhost:8000/pages/verify-email?token=');
  const verified = await api.post('auth/email/verification/confirm', {
    token: tokenIn(verification),
  });
  expect(verified.status).toBe(200);

  const login = await api.post('auth/login', {
    username: 'ADA@example.com',
    password: ada.password,
  });
  expect(login.status).toBe(200);
  expect(login.body).toEqual({
    access_token: expect.any(String),
    refresh_token: expect.any(String),
    token_type: 'bearer',
    expires_in: 1800,
  });
  expect(login.headers.get('cache-control')).toBe('no-store');

  const me = await api.get('auth/me', { token: login.body.access_token });
  expect(me.body).toMatchObject({ username: 'ada', is_verified: true });

  const refreshed = await api.post('auth/refresh', { refresh_token: login.body.refresh_token });
  expect(refreshed.status).toBe(200);
  expect(refreshed.body.refresh_token).not.toBe(login.body.refresh_token);

  expect((await api.post('auth/password/reset/request', { email: ada.email })).status).toBe(200);
  const reset = await inbox.waitFor(ada.email, /reset/i);
  const newPassword = 'a better battery';
  const confirmed = await api.post('auth/password/reset/confirm', {
    token: tokenIn(reset),
    new_password: newPassword,
  });
  expect(confirmed.status).toBe(200);

  expect((await api.get('auth/me', { token: refreshed.body.access_token })).status).toBe(401);
  const old = await api.post('auth/login', { username: 'ada', password: ada.password });
  expect([old.status, old.body.code]).toEqual([401, 'invalid_credentials']);
  expect((await api.post('auth/login', { username: 'ada', password: newPassword })).status).toBe(
    200,
  );

  await test.mailsSettled();
  expect(inbox.mails.map((mail) => mail.to)).toEqual([ada.email, ada.email, ada.email]);
  expect(await test.auditTrail()).toEqual([
    'user_registered',
    'sign_in_failed',
    'email_verified',
    'sign_in_succeeded',
    'password_reset',
    'sign_in_failed',
    'sign_in_succeeded',
  ]);
  const logged = test.logs.join('');
  for (const secret of [
    ada.password,
    newPassword,
    login.body.access_token,
    tokenIn(reset),
    ada.email,
  ])
    expect(logged).not.toContain(secret);
});
