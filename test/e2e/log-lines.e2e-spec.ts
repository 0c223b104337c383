import { type OAuthTestApp, startOAuthApp } from '../support/oauth-app';
import { PASSWORD, signedIn, signUp, signUpVerified } from '../support/people';
import { until } from '../support/until';

interface Line {
  readonly msg: string;
  readonly context?: string;
  readonly requestId?: string;
  readonly mailId?: string;
  readonly kind?: string;
  readonly action?: string;
}

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp();
});
afterAll(() => test.close());

const lines = (): Line[] => test.logs.map((line) => JSON.parse(line) as Line);
const sentLine = ({ mailId }: Line): Promise<Line> =>
  until(() => lines().find((line) => line.msg === 'mail sent' && line.mailId === mailId));

let count = 0;

/** What is logged for one request, but by the worker, which knows mails and no requests. */
async function linesOf(
  ask: (call: { readonly headers: Record<string, string> }) => Promise<unknown>,
): Promise<{ id: string; mine: Line[]; others: Line[] }> {
  await test.mailsSettled();
  const id = `followed-${count++}`;
  const before = test.logs.length;
  await ask({ headers: { 'x-request-id': id } });
  await until(() => lines().some((line) => line.msg === 'request' && line.requestId === id));
  const written = lines().slice(before);
  const ofRequest = written.filter(({ context }) => context !== 'MailDelivery');
  const mine = ofRequest.filter(({ requestId }) => requestId === id);
  return { id, mine, others: ofRequest.filter((line) => !mine.includes(line)) };
}

describe('by its id a request can be followed', () => {
  it('to its events, its mails, and what became of these', async () => {
    const person = { username: 'ada', email: 'ada@example.com', password: PASSWORD };
    const { mine, others } = await linesOf((call) => test.api.post('auth/register', person, call));
    expect(others).toEqual([]);
    expect(mine).toMatchObject([
      { msg: 'mail owed', kind: 'email_verification' },
      { msg: 'security event', action: 'user_registered' },
      { msg: 'request' },
    ]);
    expect((await sentLine(mine[0]!)).kind).toBe('email_verification');
  });

  it.each(['auth/password/reset/request', '/auth/request-password-reset'])(
    'at %s, where nothing else is kept of it',
    async (path) => {
      const { email } = await signUpVerified(test);
      const { mine, others } = await linesOf((call) => test.api.post(path, { email }, call));
      expect(others).toEqual([]);
      expect(mine).toMatchObject([
        { msg: 'mail owed', kind: 'password_reset' },
        { msg: 'request' },
      ]);
      await sentLine(mine[0]!);
    },
  );

  it('when a verification mail is asked for again', async () => {
    const { email } = await signUp(test);
    const { mine, others } = await linesOf((call) =>
      test.api.post('auth/email/verification/request', { email }, call),
    );
    expect(others).toEqual([]);
    expect(mine).toMatchObject([
      { msg: 'mail owed', kind: 'email_verification' },
      { msg: 'request' },
    ]);
  });

  it('when a token is presented again, to the mail that tells of it', async () => {
    const { tokens } = await signedIn(test);
    const body = { refresh_token: tokens.refresh_token };
    await test.api.post('auth/refresh', body);
    test.clock.advance({ seconds: 11 });
    const { mine, others } = await linesOf((call) => test.api.post('auth/refresh', body, call));
    expect(others).toEqual([]);
    expect(mine).toMatchObject([
      { msg: 'security event', action: 'refresh_token_reused' },
      { msg: 'mail owed', kind: 'refresh_token_reused' },
      { msg: 'request' },
    ]);
  });

  it('when a sign-in with a provider is refused', async () => {
    const { mine, others } = await linesOf((call) =>
      test.api.get('/auth/oauth/callback/google?state=x&code=y', call),
    );
    expect(others).toEqual([]);
    expect(mine).toMatchObject([{ msg: 'sign-in refused' }, { msg: 'request' }]);
  });

  it('when something of ours is at fault', async () => {
    const { tokens } = await signedIn(test);
    await test.query('ALTER TABLE users RENAME TO others');
    const { mine, others } = await linesOf(({ headers }) =>
      test.api.get('auth/me', { token: tokens.access_token, headers }),
    );
    await test.query('ALTER TABLE others RENAME TO users');
    expect(others).toEqual([]);
    expect(mine).toMatchObject([{ code: 'internal_error' }, { msg: 'request' }]);
  });
});
