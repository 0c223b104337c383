import argon2 from '@node-rs/argon2';
import bcrypt from '@node-rs/bcrypt';
import { PasswordHasher } from '../../src/auth/passwords/password-hasher';
import { UnitOfWork } from '../../src/database/unit-of-work';
import { UsersService } from '../../src/users/users.service';
import type { Answer, Call } from '../support/api';
import { alter } from '../support/effects';
import { tokenIn } from '../support/inbox';
import { FRONTEND, type OAuthTestApp, startOAuthApp, travel } from '../support/oauth-app';
import { appear } from '../support/oauth-people';
import { PASSWORD } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { type Measured, type Outside, Workbench } from '../support/work';

let test: TestApp;
let bench: Workbench;
let count = 0;

interface Somebody {
  readonly username: string;
  readonly email: string;
}

/** Of an account in a database; null for nobody's. */
type State = string | null;

const VERIFIED = 'email_verified_at = now()';
const STATES: Readonly<Record<string, State>> = {
  missing: null,
  verified: VERIFIED,
  unverified: 'email_verified_at = NULL',
  disabled: `${VERIFIED}, is_active = false`,
  'unverified and disabled': 'email_verified_at = NULL, is_active = false',
  'without a password': `${VERIFIED}, password_hash = NULL`,
  'with a password that nothing can read': `${VERIFIED}, password_hash = '$argon2id$broken'`,
  'a guest': `${VERIFIED}, role = 'guest'`,
  'an admin': `${VERIFIED}, role = 'admin'`,
  'somebody who was here just now': `${VERIFIED}, last_login_at = now()`,
};

/** Somebody new in this state: where that is null, a name that nobody has. */
async function somebody(state: State, mailbox = (name: string) => name): Promise<Somebody> {
  const username = `person${count++}`;
  const user = { username, email: `${mailbox(username)}@example.com` };
  if (state === null) return user;
  const passwordHash = await test.app.get(PasswordHasher, { strict: false }).hash(PASSWORD);
  const { id } = await test.app
    .get(UnitOfWork)
    .run((tx) =>
      test.app.get(UsersService, { strict: false }).create(tx, { ...user, passwordHash }),
    );
  await alter(test, { id }, state);
  return user;
}

/** A request from an address of its own, so that no limit is nearer than for the others. */
function apart(): Call {
  const address = `10.${count >> 16}.${(count >> 8) & 255}.${count++ & 255}`;
  return { headers: { 'x-request-id': 'same', 'x-forwarded-for': address } };
}

type Ask = (who: Somebody, call: Call) => Promise<Answer>;

/** The same request about somebody in each state. */
async function aboutEach(
  states: Readonly<Record<string, State>>,
  ask: Ask,
  mailbox?: (name: string) => string,
): Promise<Record<string, Measured>> {
  const measured: Record<string, Measured> = {};
  for (const [name, state] of Object.entries(states)) {
    const who = await somebody(state, mailbox);
    measured[name] = await bench.measure(() => ask(who, apart()));
  }
  return measured;
}

/** All are alike to whoever asked; answers with what that is. */
function expectOneOutside(measured: Readonly<Record<string, Measured>>): Outside {
  const seen = Object.entries(measured).map(([name, { outside }]) => [name, outside] as const);
  const [[, first]] = seen as [readonly [string, Outside]];
  expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(seen.map(([name]) => [name, first])));
  return first;
}

const start = async (env: Readonly<Record<string, string>>): Promise<void> => {
  test = await startTestApp({
    env: {
      // Where counting is a statement as well, and seen.
      REDIS_URL: '',
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_LOGIN: '100/60s',
      TRUST_PROXY: '1',
      ...env,
    },
  });
  bench = new Workbench(test);
};

const stop = async (): Promise<void> => {
  bench.close();
  await test.close();
};

const json =
  (path: string) =>
  (username: string, password: string, call: Call): Promise<Answer> =>
    test.api.post(path, { username, password }, call);
const form =
  (path: string) =>
  (username: string, password: string, call: Call): Promise<Answer> =>
    test.api.call('POST', path, { form: { username, password }, ...call });

const SIGN_IN = {
  'auth/login': json('auth/login'),
  'auth/login/form': form('auth/login/form'),
  'auth/token': form('auth/token'),
  '/api/auth/login': json('/api/auth/login'),
  '/auth/token': form('/auth/token'),
} as const;
const NAMES = ['username', 'email'] as const;
const EVERY_WAY = Object.keys(SIGN_IN).flatMap((path) =>
  NAMES.map((name) => [path as keyof typeof SIGN_IN, name] as const),
);

const WRONG = 'wrong password';
/** Than the parameters in use. */
const CHEAPER = { memoryCost: 512, timeCost: 1, parallelism: 1 };

describe.each(['false', 'true'])('with REGISTRATION_HIDES_ACCOUNTS=%s', (hides) => {
  beforeAll(() => start({ REGISTRATION_HIDES_ACCOUNTS: hides }));
  afterAll(stop);

  describe('account enumeration by the work of a sign-in', () => {
    it.each(EVERY_WAY)('%s by %s takes the same for whoever it is about', async (path, by) => {
      const outside = expectOneOutside(
        await aboutEach(STATES, (who, call) => SIGN_IN[path](who[by], WRONG, call)),
      );
      expect([outside.status, outside.owed, outside.queued]).toEqual([401, 0, 0]);
      expect(outside.hashes).toEqual(['argon2 verify m=1024,t=1,p=1']);
      for (const part of ['INTO "rate_limits"', 'FROM users', 'INTO audit_events'])
        expect(outside.statements.some((text) => text.includes(part))).toBe(true);
    });

    it('takes the same in whatever case the name is', async () => {
      const shout: Ask = ({ username }, call) =>
        SIGN_IN['auth/login'](username.toUpperCase(), WRONG, call);
      expectOneOutside(await aboutEach(STATES, shout));
    });

    it('takes the same where a name could be spelt in another way', async () => {
      const ask: Ask = ({ email }, call) => SIGN_IN['auth/login'](email, WRONG, call);
      expectOneOutside(await aboutEach(STATES, ask, (name) => `\ufb01${name}`));
    });

    it('takes the same for somebody who has no address', async () => {
      const states = { missing: null, 'without an address': 'email = NULL' };
      const ask: Ask = ({ username }, call) => SIGN_IN['auth/login'](username, WRONG, call);
      expectOneOutside(await aboutEach(states, ask));
    });

    it('takes the same through a row of wrong passwords, a block and what comes after', async () => {
      const rows: Record<string, Outside[]> = {};
      for (const [name, state] of Object.entries(STATES)) {
        const [{ username }, call] = [await somebody(state), apart()];
        rows[name] = [];
        for (let attempt = 0; attempt < 12; attempt++) {
          const ask = () => SIGN_IN['auth/login'](username, WRONG, call);
          rows[name].push((await bench.measure(ask)).outside);
        }
      }
      expect(rows).toEqual(
        Object.fromEntries(Object.keys(rows).map((name) => [name, rows.missing])),
      );
      expect(new Set(rows.missing!.map(({ status }) => status))).toEqual(new Set([401, 429]));
    });

    it('differs by an imported hash, and by nothing else, until its owner signs in', async () => {
      const hashes = {
        missing: ['argon2 verify m=1024,t=1,p=1', null],
        bcrypt: ['bcrypt verify 04', await bcrypt.hash(PASSWORD, 4)],
        argon2: ['argon2 verify m=512,t=1,p=1', await argon2.hash(PASSWORD, CHEAPER)],
      } as const;
      const rests: Record<string, object> = {};
      for (const [name, [cost, hash]] of Object.entries(hashes)) {
        const { username } = await somebody(hash && `${VERIFIED}, password_hash = '${hash}'`);
        const ask = () => SIGN_IN['auth/login'](username, WRONG, apart());
        const { hashes: taken, ...rest } = (await bench.measure(ask)).outside;
        expect([name, taken]).toEqual([name, [cost]]);
        rests[name] = rest;
      }
      expect(rests).toEqual({
        missing: rests.missing,
        bcrypt: rests.missing,
        argon2: rests.missing,
      });
    });

    it('is what a right password takes more than', async () => {
      const { username } = await somebody(VERIFIED);
      const [right, wrong] = [
        await bench.measure(() => SIGN_IN['auth/login'](username, PASSWORD, apart())),
        await bench.measure(() => SIGN_IN['auth/login'](username, WRONG, apart())),
      ];
      expect([right.outside.status, wrong.outside.status]).toEqual([200, 401]);
      expect(right.outside.hashes).toEqual(wrong.outside.hashes);
      expect(right.outside.statements.length).toBeGreaterThan(wrong.outside.statements.length);
    });
  });

  describe('account enumeration by the work of asking for a mail', () => {
    const REQUESTS: Readonly<Record<string, Ask>> = {
      'auth/password/reset/request': ({ email }, call) =>
        test.api.post('auth/password/reset/request', { email }, call),
      '/auth/request-password-reset': ({ email }, call) =>
        test.api.post('/auth/request-password-reset', { email }, call),
      'auth/email/verification/request': ({ email }, call) =>
        test.api.post('auth/email/verification/request', { email }, call),
      'auth/password/reset/request in capitals': ({ email }, call) =>
        test.api.post('auth/password/reset/request', { email: email.toUpperCase() }, call),
    };

    it.each(Object.keys(REQUESTS))('%s takes the same for every address', async (name) => {
      const measured = await aboutEach(STATES, REQUESTS[name]!);
      const outside = expectOneOutside(measured);
      expect([outside.status, outside.owed, outside.queued]).toEqual([200, 1, 1]);
      expect(outside.hashes).toEqual([]);
    });

    it.each(Object.keys(REQUESTS))('%s finds out whose it is after the answer', async (name) => {
      const { missing, verified } = await aboutEach(
        { missing: null, verified: VERIFIED },
        REQUESTS[name]!,
      );
      for (const { outside, afterwards } of [missing!, verified!]) {
        expect(outside.statements.filter((text) => /\busers\b/.test(text))).toEqual([]);
        expect(afterwards.filter((text) => /FROM users u\b/.test(text))).toHaveLength(1);
      }
      expect(missing!.afterwards.join('\n')).toContain('DELETE FROM "mail_outbox"');
    });

    it('takes the same when the address has had its mails', async () => {
      const rows: Record<string, Outside[]> = {};
      for (const [name, state] of Object.entries(STATES)) {
        const who = await somebody(state);
        rows[name] = [];
        for (let attempt = 0; attempt < 5; attempt++) {
          const ask = () => REQUESTS['auth/password/reset/request']!(who, apart());
          rows[name].push((await bench.measure(ask)).outside);
        }
      }
      expect(rows).toEqual(
        Object.fromEntries(Object.keys(rows).map((name) => [name, rows.missing])),
      );
      expect(rows.missing!.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    });
  });

  it('account enumeration by the work of an e-mail change', async () => {
    const measured: Record<string, Measured> = {};
    for (const [name, state] of Object.entries(STATES)) {
      const [{ username }, { email: new_email }] = [
        await somebody(VERIFIED),
        await somebody(state),
      ];
      const { body } = await SIGN_IN['auth/login'](username, PASSWORD, apart());
      const call = { ...apart(), token: body.access_token };
      const change = { new_email, password: PASSWORD };
      measured[name] = await bench.measure(() => test.api.post('auth/email/change', change, call));
    }
    const outside = expectOneOutside(measured);
    expect([outside.status, outside.owed, outside.queued]).toEqual([200, 2, 2]);
  });
});

describe('account enumeration by the work of a hidden sign-up', () => {
  beforeAll(() => start({ REGISTRATION_HIDES_ACCOUNTS: 'true' }));
  afterAll(stop);

  const SIGN_UP = ['auth/register', '/api/auth/register', '/auth/create-user'];

  const signUp = (path: string, username: string, email: string, call: Call): Promise<Answer> =>
    test.api.post(path, { username, email, password: PASSWORD }, call);

  it.each(SIGN_UP)('%s takes the same for a free address and whoever has one', async (path) => {
    const measured = await aboutEach(STATES, ({ email }, call) =>
      signUp(path, `new${count++}`, email, call),
    );
    const outside = expectOneOutside(measured);
    expect([outside.status < 300, outside.owed, outside.queued]).toEqual([true, 1, 1]);
    expect(outside.hashes).toEqual(['argon2 hash m=1024,t=1,p=1']);
  });

  it.each(SIGN_UP)('%s takes the same for a taken name, whoever has the address', async (path) => {
    const { username } = await somebody(VERIFIED);
    const measured = await aboutEach(STATES, ({ email }, call) =>
      signUp(path, username, email, call),
    );
    const outside = expectOneOutside(measured);
    expect([outside.owed, outside.queued]).toEqual([0, 0]);
    for (const { answer } of Object.values(measured))
      expect(answer.body.code).toBe('username_taken');
  });

  it('takes the same for a name that was signed up with before, whoever had the address', async () => {
    const measured: Record<string, Measured> = {};
    for (const [name, state] of Object.entries(STATES)) {
      const [{ email }, other] = [await somebody(state), await somebody(null)];
      const username = `new${count++}`;
      expect((await signUp('auth/register', username, email, apart())).status).toBe(202);
      for (const [address, again] of Object.entries({ same: email, other: other.email }))
        measured[`${name}, ${address}`] = await bench.measure(() =>
          signUp('auth/register', username, again, apart()),
        );
    }
    expectOneOutside(measured);
    for (const { answer } of Object.values(measured)) expectProblem(answer, 409, 'username_taken');
  });

  /** Signs up with an address of each kind, then asks. */
  async function afterSigningUp(
    ask: (who: Somebody, chosen: string, call: Call) => Promise<Answer>,
    times = 1,
  ): Promise<Outside[]> {
    const rows: Record<string, Outside[]> = {};
    for (const [name, state] of Object.entries(STATES)) {
      const [{ email }, call] = [await somebody(state), apart()];
      const who = { username: `new${count++}`, email };
      const chosen = `${PASSWORD} of ${who.username}`;
      const body = { ...who, password: chosen };
      expect((await test.api.post('auth/register', body, apart())).status).toBe(202);
      rows[name] = [];
      for (let attempt = 0; attempt < times; attempt++)
        rows[name].push((await bench.measure(() => ask(who, chosen, call))).outside);
    }
    expect(rows).toEqual(Object.fromEntries(Object.keys(rows).map((name) => [name, rows.missing])));
    return rows.missing!;
  }

  it.each(EVERY_WAY)('%s by %s with the password just chosen takes the same', async (path, by) => {
    const [outside] = await afterSigningUp((who, chosen, call) =>
      SIGN_IN[path](who[by], chosen, call),
    );
    expect(outside!.status).toBe(401);
    expect(JSON.parse(outside!.text).code).toBe('invalid_credentials');
  });

  it('the password just chosen, a dozen times in a row, is blocked alike', async () => {
    const row = await afterSigningUp(
      ({ username }, chosen, call) => SIGN_IN['auth/login'](username, chosen, call),
      12,
    );
    const statuses = row.map(({ status }) => status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  });

  it('the password just chosen is right once the address is verified', async () => {
    const who = { username: `new${count++}`, email: `new${count}@example.com` };
    const body = { ...who, password: PASSWORD };
    await test.api.post('auth/register', body, apart());
    const signIn = () => SIGN_IN['auth/login'](who.username, PASSWORD, apart());
    expectProblem(await signIn(), 401, 'invalid_credentials');
    const token = tokenIn(await test.inbox.waitFor(who.email, /confirm/i));
    await test.api.post('auth/email/verification/confirm', { token }, apart());
    expect((await signIn()).status).toBe(200);
  });
});

describe('the work of a one-time code of a sign-in with a provider', () => {
  let oauth: OAuthTestApp;
  beforeAll(async () => {
    test = oauth = await startOAuthApp({ RATE_LIMIT_ENABLED: 'true', TRUST_PROXY: '1' });
    bench = new Workbench(test);
  });
  afterAll(stop);

  const newCode = async (): Promise<string> => {
    appear(oauth, 'google');
    return (await travel(oauth, 'google')).location!.searchParams.get('code')!;
  };

  const change = async (assignment: string): Promise<string> => {
    const code = await newCode();
    await test.query(
      `UPDATE users SET ${assignment}
       WHERE id = (SELECT user_id FROM sessions ORDER BY id DESC LIMIT 1)`,
    );
    return code;
  };

  const CODES: Readonly<Record<string, () => Promise<string>>> = {
    'that nobody was given': async () =>
      (await newCode()).replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
    'that is used': async () => {
      const code = await newCode();
      await test.api.post('auth/oauth/exchange', { code }, apart());
      return code;
    },
    'whose minute is over': async () => {
      const code = await newCode();
      test.clock.advance({ minutes: 2 });
      return code;
    },
    'of somebody disabled': () => change('is_active = false'),
    'of somebody whose sessions were ended': () => change('security_stamp = gen_random_uuid()'),
    'of a session that was ended': async () => {
      const code = await newCode();
      await test.query('UPDATE sessions SET revoked_at = $1', [test.clock.now()]);
      return code;
    },
    'of somebody deleted': async () => {
      const code = await newCode();
      await test.query('DELETE FROM users');
      return code;
    },
  };

  it.each(['auth/oauth/exchange', 'auth/oauth/exchange?cookies=true', '/api/auth/oauth/exchange'])(
    '%s is the same for whatever is wrong with it',
    async (path) => {
      const measured: Record<string, Measured> = {};
      for (const [name, codeOf] of Object.entries(CODES)) {
        const code = await codeOf();
        const { headers } = apart();
        const call = { headers: { ...headers, origin: FRONTEND } };
        measured[name] = await bench.measure(() => test.api.post(path, { code }, call));
      }
      const outside = expectOneOutside(measured);
      expect([outside.owed, outside.queued, outside.hashes]).toEqual([0, 0, []]);
      for (const { answer } of Object.values(measured)) expectProblem(answer, 400, 'invalid_code');
    },
  );
});
