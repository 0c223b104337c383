import { DOORS, doorFor, holderOfAll, TYPES } from '../support/doors';
import { claimsOf, keyOf, sign } from '../support/forge';
import { type Person, signedIn } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const NOBODY = '00000000-0000-4000-8000-000000000000';

const snapshot = async ({ id }: Person) => ({
  users: await test.query('SELECT * FROM users WHERE id = $1', [id]),
  sessions: await test.query('SELECT * FROM sessions WHERE user_id = $1 ORDER BY id', [id]),
  audits: await test.query('SELECT id FROM audit_events ORDER BY id'),
  mails: await test.query('SELECT id FROM mail_outbox ORDER BY id'),
});

describe('a token of another type', () => {
  it.each(DOORS)('is refused by $name and changes nothing', async (door) => {
    const holder = await holderOfAll(test);
    const before = await snapshot(holder.person);
    for (const type of TYPES.filter((other) => other !== door.takes))
      expectProblem(await door.present(test, holder[type]), ...door.refusal, [holder[type]]);
    expect(await snapshot(holder.person)).toEqual(before);
    // The right one is good, so the others were refused for what they are.
    expect((await door.present(test, holder[door.takes])).status).toBe(200);
  });

  it('signs nobody out', async () => {
    const holder = await holderOfAll(test);
    for (const type of TYPES) {
      const token = holder[type];
      if (type !== 'access')
        expectProblem(
          await test.api.post('auth/logout', {}, { token }),
          401,
          'invalid_access_token',
        );
      if (type !== 'refresh')
        expectProblem(
          await test.api.post('auth/logout', { refresh_token: token }),
          401,
          'invalid_refresh_token',
        );
    }
    expect((await test.api.get('auth/me', { token: holder.access })).status).toBe(200);
  });

  it('opens neither the hosted pages nor the direct link', async () => {
    const holder = await holderOfAll(test);
    const before = await snapshot(holder.person);
    const pages = {
      'verify-email': 'email_verification',
      'reset-password': 'password_reset',
      'confirm-email-change': 'email_change',
    } as const;
    for (const [page, right] of Object.entries(pages))
      for (const type of TYPES.filter((other) => other !== right)) {
        const form = { token: holder[type], new_password: 'changed by nobody' };
        expect((await test.api.call('POST', `/pages/${page}`, { form })).status).toBe(400);
      }
    for (const type of TYPES.filter((other) => other !== 'email_verification')) {
      const answer = await test.api.get(`/auth/verify-email?token=${holder[type]}`);
      expect(answer.headers.get('location')).toMatch(/\/login\?error=invalid_token$/);
    }
    expect(await snapshot(holder.person)).toEqual(before);
  });
});

describe('a token that mixes two accounts', () => {
  it('is refused when its user and its session do not belong together', async () => {
    const [ada, eve] = [await signedIn(test), await signedIn(test)];
    for (const type of ['access', 'refresh'] as const) {
      const own = claimsOf(eve.tokens[`${type}_token`]);
      const { sub, sid } = claimsOf(ada.tokens[`${type}_token`]);
      for (const change of [{ sub }, { sid }, { sid: NOBODY }, { sid: 'x' }, { sid: undefined }]) {
        const mixed = sign({ ...own, ...change }, keyOf(test, type));
        expectProblem(await doorFor(type).present(test, mixed), ...doorFor(type).refusal);
      }
    }
    for (const { tokens } of [ada, eve])
      expect((await test.api.get('auth/me', { token: tokens.access_token })).status).toBe(200);
  });

  it('is refused when it binds one account to the state of another', async () => {
    const [ada, eve] = [await holderOfAll(test), await holderOfAll(test)];
    for (const type of ['password_reset', 'email_verification', 'email_change'] as const) {
      const mixed = { ...claimsOf(eve[type]), sub: claimsOf(ada[type]).sub };
      const answer = await doorFor(type).present(test, sign(mixed, keyOf(test, type)));
      expectProblem(answer, 400, 'invalid_token');
    }
  });
});

describe.each([
  ['access', { minutes: 30 }],
  ['refresh', { days: 7 }],
  ['email_verification', { hours: 24 }],
  ['password_reset', { hours: 1 }],
  ['email_change', { hours: 1 }],
] as const)('the life of a token: %s', (type, life) => {
  it('lasts to one second before its end, and not to its end', async () => {
    const door = doorFor(type);
    const early = (await holderOfAll(test))[type];
    test.clock.advance({ ...life, seconds: -1 });
    expect((await door.present(test, early)).status).toBe(200);
    const late = (await holderOfAll(test))[type];
    test.clock.advance(life);
    expectProblem(await door.present(test, late), ...door.refusal);
  });
});

describe('a very long token', () => {
  it.each(DOORS)('is refused by $name', async (door) => {
    const long = `${'A'.repeat(2000)}.${'A'.repeat(2052)}.${'A'.repeat(42)}`;
    expect(long).toHaveLength(4096);
    expectProblem(await door.present(test, long), ...door.refusal, [long]);
    const longer = await door.present(test, `${long}A`);
    if (door.takes === 'access') expectProblem(longer, ...door.refusal);
    else expectInvalid(longer, [door.takes === 'refresh' ? '/refresh_token' : '/token'], [long]);
  });
});
