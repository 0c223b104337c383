import type { Answer } from '../support/api';
import { alter, countOf, effectsOf } from '../support/effects';
import { FRONTEND, type OAuthTestApp, startOAuthApp } from '../support/oauth-app';
import { appear, lastAudits } from '../support/oauth-people';
import { PASSWORD, type Person, signUpVerified, sixteen, tally } from '../support/people';
import { UserAgent } from '../support/providers/user-agent';
import { titled } from '../support/titled';

const firefox = (version: number) =>
  `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
const chrome = (version: number) =>
  `Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
const FIREFOX = firefox(140);
const CHROME = chrome(131);

let test: OAuthTestApp;

const login = (person: Person, userAgent: string): Promise<Answer> => {
  const { username } = person;
  const headers = { 'user-agent': userAgent };
  return test.api.post('auth/login', { username, password: PASSWORD }, { headers });
};

/** Signs in, and says what was mailed about it. */
const mailsAfter = async (person: Person, userAgent: string): Promise<string[]> => {
  const { answer, mails } = await effectsOf(test, () => login(person, userAgent));
  expect(answer.status).toBe(200);
  return mails;
};

const lastTo = ({ email }: { readonly email: string }) => test.inbox.of(email).at(-1)!;

/** To Google and back, on whatever this user agent stands for. */
async function visitFrom(userAgent: string): Promise<Answer> {
  const agent = new UserAgent();
  let url = new URL(`${test.api.origin}/api/v1/auth/oauth/google`);
  for (;;) {
    const answer = await agent.get(url, { 'user-agent': userAgent });
    url = new URL(answer.headers.get('location')!, url);
    if (url.href.startsWith(FRONTEND)) return answer;
  }
}

describe('a sign-in with a password', () => {
  beforeAll(async () => {
    test = await startOAuthApp();
  });
  afterAll(() => test.close());

  it('tells nobody of the first one ever', async () => {
    const ada = await signUpVerified(test);
    expect(await mailsAfter(ada, FIREFOX)).toEqual([]);
  });

  it('tells nobody of a device that was used before, updated or not', async () => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    for (const userAgent of [FIREFOX, firefox(141), firefox(9)])
      expect(await mailsAfter(ada, userAgent)).toEqual([]);
  });

  it('tells the owner of a new device, once', async () => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    expect(await mailsAfter(ada, CHROME)).toEqual([`new_sign_in to ${ada.email}`]);
    expect(await mailsAfter(ada, chrome(145))).toEqual([]);
    expect(await mailsAfter(ada, FIREFOX)).toEqual([]);
  });

  it('says when, on what, from where and how, and what to do, without a link', async () => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    test.clock.advance({ minutes: 65 });
    expect(await mailsAfter(ada, CHROME)).toEqual([`new_sign_in to ${ada.email}`]);
    const mail = lastTo(ada);
    expect(mail.subject).toBe('New sign-in to your Gatehouse account');
    const when = /\nWhen: (.*)\n/.exec(mail.text)?.[1];
    expect(Date.parse(when!.replace(' at', ''))).toBe(
      Math.floor(test.clock.now().getTime() / 60_000) * 60_000,
    );
    expect(mail.text).toContain(
      '\nDevice: Chrome on Windows\nIP address: 127.0.0.1\nSigned in with: password\n',
    );
    for (const version of [mail.text, mail.html]) {
      expect(version).toContain(ada.username);
      expect(version).toContain('Forgot password');
      expect(version).toContain('list of sessions');
      expect(version).not.toMatch(/eyJ|token|href=|https?:/);
    }
  });

  it.each(
    titled([
      `<script>alert(1)</script>/1.0 ${'x'.repeat(4000)}`,
      'visit https://evil.example/x now/1.0 (x)',
      'evil.example/1.0',
    ]),
  )('shows of the user agent %s nothing to click on, and little', async (_, userAgent) => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    expect(await mailsAfter(ada, userAgent)).toEqual([`new_sign_in to ${ada.email}`]);
    const { text, html } = lastTo(ada);
    expect(/\nDevice: (.*)\n/.exec(text)![1]!.length).toBeLessThan(60);
    for (const version of [text, html]) expect(version).not.toMatch(/<script|evil\.example|xxx/);
  });

  it('knows a device for as long as a session from it is kept, ended or not', async () => {
    const ada = await signUpVerified(test);
    const { body } = await login(ada, FIREFOX);
    await login(ada, CHROME);
    await test.api.post('auth/logout-all', {}, { token: body.access_token });
    expect(await mailsAfter(ada, FIREFOX)).toEqual([]);
    await test.query(`DELETE FROM sessions WHERE user_id = $1 AND device LIKE 'Firefox%'`, [
      ada.id,
    ]);
    expect(await mailsAfter(ada, FIREFOX)).toEqual([`new_sign_in to ${ada.email}`]);
  });

  it('tells the owner of an account that slept so long that no session of it is kept', async () => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    await test.query('DELETE FROM sessions WHERE user_id = $1', [ada.id]);
    expect(await mailsAfter(ada, CHROME)).toEqual([`new_sign_in to ${ada.email}`]);
    expect(await mailsAfter(ada, CHROME)).toEqual([]);
  });

  it('tells of the later of two first ones at once, from two devices', async () => {
    const ada = await signUpVerified(test);
    const { answer, mails } = await effectsOf(test, async () => {
      const [first, second] = await Promise.all([login(ada, FIREFOX), login(ada, CHROME)]);
      expect(second.status).toBe(200);
      return first;
    });
    expect([answer.status, mails]).toEqual([200, [`new_sign_in to ${ada.email}`]]);
  });

  it('does not know a device by a refresh from it, or by somebody else’s sign-in', async () => {
    const [ada, bob] = [await signUpVerified(test), await signUpVerified(test)];
    const { body } = await login(ada, FIREFOX);
    const headers = { 'user-agent': CHROME };
    const { refresh_token } = body;
    const refreshed = await test.api.post('auth/refresh', { refresh_token }, { headers });
    expect(refreshed.status).toBe(200);
    await login(bob, CHROME);
    expect(await mailsAfter(ada, CHROME)).toEqual([`new_sign_in to ${ada.email}`]);
  });

  it('takes a session of an unknown device for one of any of its user', async () => {
    const [ada, bob] = [await signUpVerified(test), await signUpVerified(test)];
    await login(ada, FIREFOX);
    await login(bob, FIREFOX);
    await test.query('UPDATE sessions SET device = NULL WHERE user_id = ANY($1)', [
      [ada.id, bob.id],
    ]);
    expect(await mailsAfter(ada, CHROME)).toEqual([]);
    await login(ada, FIREFOX);
    await test.query('DELETE FROM sessions WHERE user_id = $1 AND device IS NULL', [ada.id]);
    expect(await mailsAfter(ada, 'curl/8')).toEqual([`new_sign_in to ${ada.email}`]);
  });

  it('tells nobody of one that is refused', async () => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    const { mails } = await effectsOf(test, () => login({ ...ada, username: 'nobody' }, CHROME));
    expect(mails).toEqual([]);
    await alter(test, ada, 'is_active = false');
    const { answer, ...effects } = await effectsOf(test, () => login(ada, CHROME));
    expect([answer.status, effects.mails]).toEqual([403, []]);
  });

  it('opens no session that its owner is not told of: both or neither', async () => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    await test.mailsSettled();
    const before = await countOf(test, 'sessions');
    await test.query(
      `ALTER TABLE mail_outbox ADD CONSTRAINT broken CHECK (kind <> 'new_sign_in') NOT VALID`,
    );
    expect((await login(ada, CHROME)).status).toBe(500);
    expect(await countOf(test, 'sessions')).toBe(before);
    await test.query('ALTER TABLE mail_outbox DROP CONSTRAINT broken');
    expect(await mailsAfter(ada, CHROME)).toEqual([`new_sign_in to ${ada.email}`]);
  });

  it('tells of sixteen at once from one new device exactly once', async () => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    await test.mailsSettled();
    const before = test.inbox.of(ada.email).length;
    expect(tally(await sixteen(() => login(ada, CHROME)))).toEqual({ 200: 16 });
    await test.mailsSettled();
    const subjects = test.inbox.of(ada.email).slice(before);
    expect(subjects.map(({ subject }) => subject)).toEqual([
      'New sign-in to your Gatehouse account',
    ]);
  });

  it('says in the audit trail that the device was new, and else nothing', async () => {
    const ada = await signUpVerified(test);
    const details = async (userAgent: string) => {
      await login(ada, userAgent);
      const [event] = await lastAudits(test, 1);
      return [event.action, event.details];
    };
    expect(await details(FIREFOX)).toEqual(['sign_in_succeeded', { method: 'password' }]);
    expect(await details(CHROME)).toEqual([
      'sign_in_succeeded',
      { method: 'password', newDevice: true },
    ]);
    expect(await details(CHROME)).toEqual(['sign_in_succeeded', { method: 'password' }]);
  });
});

describe.each(['code', 'query'])('a sign-in with a provider, OAUTH_RESULT=%s', (OAUTH_RESULT) => {
  beforeAll(async () => {
    test = await startOAuthApp({ OAUTH_RESULT });
  });
  afterAll(() => test.close());

  it('tells of no account that it has just made, and of every new device after that', async () => {
    const { email } = appear(test, 'google');
    const mailed = async (userAgent: string) =>
      (await effectsOf(test, () => visitFrom(userAgent))).mails;
    expect(await mailed(FIREFOX)).toEqual([]);
    expect(await mailed(firefox(141))).toEqual([]);
    expect(await mailed(CHROME)).toEqual([`new_sign_in to ${email}`]);
    const { text } = lastTo({ email });
    expect(text).toContain('\nDevice: Chrome on Windows\n');
    expect(text).toContain('\nSigned in with: Google\n');
    expect(await mailed(CHROME)).toEqual([]);
  });

  it('says in the audit trail that the device was new, and else nothing', async () => {
    appear(test, 'google');
    const details = async (userAgent: string) => {
      await visitFrom(userAgent);
      const [event] = await lastAudits(test, 1);
      return [event.action, event.details];
    };
    expect(await details(FIREFOX)).toEqual(['sign_in_succeeded', { method: 'google' }]);
    expect(await details(CHROME)).toEqual([
      'sign_in_succeeded',
      { method: 'google', newDevice: true },
    ]);
    expect(await details(CHROME)).toEqual(['sign_in_succeeded', { method: 'google' }]);
  });

  it('tells of one after all sessions were forgotten', async () => {
    const { email } = appear(test, 'google');
    await visitFrom(FIREFOX);
    await test.query('DELETE FROM sessions');
    expect((await effectsOf(test, () => visitFrom(CHROME))).mails).toEqual([
      `new_sign_in to ${email}`,
    ]);
  });

  it('tells of sixteen at once from one new device exactly once', async () => {
    const { email } = appear(test, 'google');
    await visitFrom(FIREFOX);
    const { mails } = await effectsOf(test, async () => {
      const [answer] = await sixteen(() => visitFrom(CHROME));
      return answer!;
    });
    expect(mails).toEqual([`new_sign_in to ${email}`]);
  });

  it('knows the devices of the other ways to sign in', async () => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    appear(test, 'google', { email: ada.email });
    const joined = await effectsOf(test, () => visitFrom(FIREFOX));
    expect(joined.mails).toEqual([`sign_in_method_linked to ${ada.email}`]);
    expect((await effectsOf(test, () => visitFrom(CHROME))).mails).toEqual([
      `new_sign_in to ${ada.email}`,
    ]);
    expect(await mailsAfter(ada, CHROME)).toEqual([]);
  });
});

describe('somebody without an address that is known to be theirs', () => {
  beforeAll(async () => {
    test = await startOAuthApp({ LOGIN_REQUIRES_VERIFIED_EMAIL: 'false' });
  });
  afterAll(() => test.close());

  it.each([
    ['an unverified one', 'email_verified_at = NULL'],
    ['none', 'email = NULL, email_verified_at = NULL'],
  ])('but %s is told nothing', async (_, state) => {
    const ada = await signUpVerified(test);
    await login(ada, FIREFOX);
    await alter(test, ada, state);
    expect(await mailsAfter(ada, CHROME)).toEqual([]);
    await alter(test, ada, `email = $2, email_verified_at = now()`, ada.email);
    expect(await mailsAfter(ada, 'curl/8')).toEqual([`new_sign_in to ${ada.email}`]);
  });
});

describe('NEW_SIGN_IN_MAILS=false', () => {
  beforeAll(async () => {
    test = await startOAuthApp({ NEW_SIGN_IN_MAILS: 'false' });
  });
  afterAll(() => test.close());

  it('tells nobody of a new device, and keeps it in the audit trail', async () => {
    appear(test, 'google');
    await visitFrom(FIREFOX);
    expect((await effectsOf(test, () => visitFrom(CHROME))).mails).toEqual([]);
    const [event] = await lastAudits(test, 1);
    expect(event.details).toEqual({ method: 'google', newDevice: true });
  });
});
