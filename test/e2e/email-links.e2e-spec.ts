import { effectsOf, userRow } from '../support/effects';
import { linkIn } from '../support/inbox';
import { emailChangeToken, resetToken, verificationToken } from '../support/links';
import { type Person, signedIn, signUp } from '../support/people';
import { expectTraceable } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const BACKEND = 'https://auth.example.com';
const FRONTEND = 'https://app.example.com';

const start = (mode: string): Promise<TestApp> =>
  startTestApp({
    env: { EMAIL_LINKS: mode, BACKEND_URL: `${BACKEND}/`, FRONTEND_URL: `${FRONTEND}/` },
  });

describe.each([
  ['page', `${BACKEND}/pages/verify-email`, `${BACKEND}/pages`],
  ['frontend', `${FRONTEND}/pages/verify-email`, `${FRONTEND}/pages`],
  ['direct', `${BACKEND}/auth/verify-email`, `${BACKEND}/pages`],
])('EMAIL_LINKS=%s', (mode, verification, others) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await start(mode);
  });
  afterAll(() => test.close());

  it('leads every mail to its place, with the token and nothing else', async () => {
    const { person, tokens } = await signedIn(test);
    await resetToken(test, person);
    const [verify, reset] = test.inbox.of(person.email).map((mail) => linkIn(mail));
    await emailChangeToken(test, person, tokens, 'moved@example.com');
    const [change] = test.inbox.of('moved@example.com').map((mail) => linkIn(mail));
    const places = [verify, reset, change].map((link) => `${link!.origin}${link!.pathname}`);
    expect(places).toEqual([
      verification,
      `${others}/reset-password`,
      `${others}/confirm-email-change`,
    ]);
    for (const link of [verify, reset, change])
      expect([...link!.searchParams.keys()]).toEqual(['token']);
  });

  it('has the same link in the HTML part', async () => {
    const person = await signUp(test);
    const token = await verificationToken(test, person);
    expect(test.inbox.of(person.email)[0]!.html).toContain(`${verification}?token=${token}`);
  });
});

describe('GET /auth/verify-email, which acts at once', () => {
  let test: TestApp;
  let person: Person;
  let token: string;
  beforeAll(async () => {
    test = await start('direct');
  });
  beforeEach(async () => {
    person = await signUp(test);
    token = await verificationToken(test, person);
  });
  afterAll(() => test.close());

  const follow = (query: string, method = 'GET') =>
    effectsOf(test, () => test.api.call(method, `/auth/verify-email${query}`));

  const goesTo = async (query: string, outcome: string, audited: string[]) => {
    const { answer, mails, audits } = await follow(query);
    expect([answer.status, answer.headers.get('location')]).toEqual([
      302,
      `${FRONTEND}/login?${outcome}`,
    ]);
    expect([mails, audits]).toEqual([[], audited]);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expectTraceable(answer);
  };

  it('verifies, and says so when asked again', async () => {
    await goesTo(`?token=${token}`, 'detail=email_verified', ['email_verified']);
    expect((await userRow(test, person)).email_verified_at).toEqual(test.clock.now());
    await goesTo(`?token=${token}`, 'detail=already_verified', []);
  });

  it('sends a bad token on with an error', async () => {
    for (const query of [
      '',
      '?',
      '?token=',
      '?token=x',
      `?token=${token}x`,
      `?token=${token}&token=${token}`,
    ])
      await goesTo(query, 'error=invalid_token', []);
  });

  it('open redirect: goes nowhere but to the frontend', async () => {
    for (const more of ['redirect_to', 'next', 'url', 'detail'])
      await goesTo(`?token=x&${more}=https://evil.example`, 'error=invalid_token', []);
  });

  it('mail scanners: HEAD verifies nothing', async () => {
    const { answer, audits } = await follow(`?token=${token}`, 'HEAD');
    expect([answer.status, audits]).toEqual([302, []]);
    expect((await userRow(test, person)).email_verified_at).toBeNull();
    await goesTo(`?token=${token}`, 'detail=email_verified', ['email_verified']);
  });

  it('does not pass its token on to where it leads', async () => {
    const { answer } = await follow(`?token=${token}`);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  });
});
