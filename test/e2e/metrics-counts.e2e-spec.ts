import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AUDIT_ACTIONS } from '../../src/audit/audit-event.entity';
import { FlowsService } from '../../src/oauth/flow/flows.service';
import { StateMismatchError } from '../../src/oauth/oauth.errors';
import { FRONTEND, linkWith, type OAuthTestApp, startOAuthApp, travel } from '../support/oauth-app';
import { appear } from '../support/oauth-people';
import { risesOf, seriesOf } from '../support/metrics';
import { PASSWORD, signedIn, signIn, signUp, signUpVerified, sixteen } from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';
import { until } from '../support/until';

describe('what the service counts', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startTestApp();
  });
  afterAll(() => test.close());

  const rises = (metric: string, work: () => Promise<unknown>) => risesOf(test, metric, work);

  const linesOf = (message: string): number =>
    test.logs.filter((line) => line.includes(`"msg":"${message}"`)).length;

  /** Until the worker has said of one more mail what became of it. */
  const mailTold = async (outcome: string, work: () => Promise<unknown>) => {
    const before = linesOf(outcome);
    await work();
    await until(() => linesOf(outcome) === before + 1);
  };

  describe('of refresh tokens', () => {
    const refresh = (refresh_token: string) => test.api.post('auth/refresh', { refresh_token });

    it('is each rotation, once, and the late tabs that got the same pair', async () => {
      const { tokens } = await signedIn(test);
      const risen = await rises('gatehouse_refreshes_total', () =>
        sixteen(() => refresh(tokens.refresh_token)),
      );
      expect(risen).toEqual({ '{outcome="rotated"}': 1, '{outcome="within_grace"}': 15 });
    });

    it('is a reuse, once however often the token comes, and what is refused besides', async () => {
      const { tokens } = await signedIn(test);
      await refresh(tokens.refresh_token);
      test.clock.advance({ seconds: 11 });
      const risen = await rises('gatehouse_refreshes_total', async () => {
        await sixteen(() => refresh(tokens.refresh_token));
        await refresh('no.such.token');
      });
      expect(risen).toEqual({ '{outcome="reused"}': 1, '{outcome="refused"}': 16 });
    });
  });

  describe('of security events', () => {
    const event = (action: string) => `{action="${action}"}`;

    it('is what was committed: of sixteen who take one name, one', async () => {
      const risen = await rises('gatehouse_security_events_total', () =>
        sixteen((n) =>
          test.api.post('auth/register', {
            username: 'wanted',
            email: `wanted${n}@example.com`,
            password: PASSWORD,
          }),
        ),
      );
      expect(risen).toEqual({ [event('user_registered')]: 1 });
    });

    it('is each event by its action', async () => {
      const person = await signUpVerified(test);
      const risen = await rises('gatehouse_security_events_total', async () => {
        const { access_token: token } = await signIn(test, person);
        await test.api.post('auth/login', { username: person.username, password: 'wrong' });
        await test.api.post('auth/logout-all', {}, { token });
      });
      expect(risen).toEqual({
        [event('sign_in_succeeded')]: 1,
        [event('sign_in_failed')]: 1,
        [event('all_sessions_revoked')]: 1,
      });
    });

    it('is there from the start for every action, so that the first is a rise', async () => {
      const series = await seriesOf(test);
      for (const action of AUDIT_ACTIONS)
        expect(series.has(`gatehouse_security_events_total${event(action)}`)).toBe(true);
    });
  });

  describe('of mails', () => {
    const mail = (outcome: string, kind: string) => `{outcome="${outcome}",kind="${kind}"}`;
    // What was owed before is sent, and said to be.
    beforeEach(async () => {
      await test.mailsSettled();
      await until(() => linesOf('mail sent') === test.inbox.mails.length);
    });
    afterEach(() => {
      test.inbox.refusals = 0;
      test.inbox.refusalCode = 451;
    });

    it('is what was sent, and each attempt that will be made again', async () => {
      test.inbox.refusals = 2;
      const risen = await rises('gatehouse_mails_total', () =>
        mailTold('mail sent', () => signUp(test)),
      );
      expect(risen).toEqual({
        [mail('retried', 'email_verification')]: 2,
        [mail('sent', 'email_verification')]: 1,
      });
    });

    it('is what was given up', async () => {
      test.inbox.refusals = 1;
      test.inbox.refusalCode = 550;
      const risen = await rises('gatehouse_mails_total', () =>
        mailTold('mail not sent', () => signUp(test)),
      );
      expect(risen).toEqual({ [mail('failed', 'email_verification')]: 1 });
    });

    it('is what turned out to be owed to nobody', async () => {
      const forgotten = mail('forgotten', 'password_reset');
      const risen = await rises('gatehouse_mails_total', async () => {
        await test.api.post('auth/password/reset/request', { email: 'nobody@example.com' });
        const count = async () => (await seriesOf(test)).get(`gatehouse_mails_total${forgotten}`);
        await until(async () => (await count()) === 1);
      });
      expect(risen).toEqual({ [forgotten]: 1 });
    });
  });

  it('is its own: an application beside it in the process counts apart', async () => {
    const other = await startTestApp();
    const risen = await risesOf(other, 'gatehouse_security_events_total', () => signUp(test));
    expect(risen).toEqual({});
    await other.close();
  });
});

describe('sign-ins with a provider', () => {
  let test: OAuthTestApp;
  beforeAll(async () => {
    test = await startOAuthApp();
  });
  afterAll(() => test.close());

  const rises = (work: () => Promise<unknown>) => risesOf(test, 'gatehouse_sign_ins_total', work);
  const signIns = (outcome: string, method: string) => `{outcome="${outcome}",method="${method}"}`;

  it('count by provider, as succeeded or by the reason of their refusal', async () => {
    const risen = await rises(async () => {
      appear(test, 'google');
      await travel(test, 'google');
      appear(test, 'github', { emailVerified: false });
      await travel(test, 'github');
      await test.api.get('/auth/oauth/callback/acme?code=x&state=y');
    });
    expect(risen).toEqual({
      [signIns('succeeded', 'google')]: 1,
      [signIns('provider_email_unverified', 'github')]: 1,
      [signIns('state_mismatch', 'acme')]: 1,
    });
  });

  it('do not count where a provider is linked', async () => {
    const { tokens } = await signedIn(test);
    appear(test, 'discord');
    const risen = await rises(async () => {
      const { location } = await linkWith(test, 'discord', tokens);
      expect(location!.href).toBe(`${FRONTEND}/auth?linked=discord`);
    });
    expect(risen).toEqual({});
  });

  it('make no series of what a caller makes up', async () => {
    const before = await seriesOf(test);
    for (const path of ['/auth/oauth/made-up', '/auth/oauth/callback/made-up?code=x&state=made-up'])
      await test.api.get(path);
    // As it would be if something refused before it is known who the provider is.
    jest
      .spyOn(test.app.get(FlowsService), 'resume')
      .mockRejectedValueOnce(new StateMismatchError());
    await test.api.get('/auth/oauth/callback/made-up?code=x&state=made-up');
    await test.api.get('/made-up/path?made-up=1', { headers: { 'x-request-id': 'made-up' } });
    await test.api.call('PROPFIND', '/made-up');
    const after = await seriesOf(test);
    const added = [...after.keys()].filter((name) => !before.has(name));
    expect(added.filter((name) => /made-up|PROPFIND/.test(name))).toEqual([]);
    const isRequest = (name: string) => name.startsWith('gatehouse_http_request_duration_seconds');
    expect(added.filter((name) => name.startsWith('gatehouse') && !isRequest(name))).toEqual([]);
  });
});

describe('look-ups of breached passwords', () => {
  const KNOWN = 'a password that leaked';
  let test: TestApp;
  let ranges: Server;
  let isDown = false;
  beforeAll(async () => {
    const [, rest] = /^.{5}(.*)$/.exec(createHash('sha1').update(KNOWN).digest('hex'))!;
    ranges = createServer((_, answer) => answer.writeHead(isDown ? 503 : 200).end(`${rest}:7\r\n`));
    await once(ranges.listen(0, '127.0.0.1'), 'listening');
    const { port } = ranges.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const env = { PASSWORD_CHECK_BREACHED: 'true', PASSWORD_BREACHED_URL: url };
    test = await startTestApp({ env });
  });
  afterAll(async () => {
    await test.close();
    ranges.close();
  });

  it('count as ok, breached, or unavailable', async () => {
    const register = (username: string, password: string) =>
      test.api.post('auth/register', { username, email: `${username}@example.com`, password });
    const risen = await risesOf(test, 'gatehouse_breached_password_lookups_total', async () => {
      expect((await register('careless', KNOWN)).status).toBe(422);
      expect((await register('careful', PASSWORD)).status).toBe(201);
      isDown = true;
      expect((await register('lucky', KNOWN)).status).toBe(201);
    });
    expect(risen).toEqual({
      '{outcome="breached"}': 1,
      '{outcome="ok"}': 1,
      '{outcome="unavailable"}': 1,
    });
  });
});
