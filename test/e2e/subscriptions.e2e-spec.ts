import type { Answer } from '../support/api';
import { effectsOf } from '../support/effects';
import { type Person, signedIn, signedInAs, sixteen, tally, type Tokens } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { standstill } from '../support/standstill';
import { startTestApp, type TestApp } from '../support/test-app';
import { titled } from '../support/titled';

let test: TestApp;
let admin: { person: Person; tokens: Tokens };
let person: Person;
let tokens: Tokens;
beforeAll(async () => {
  test = await startTestApp();
  admin = await signedInAs(test, 'admin');
});
beforeEach(async () => {
  ({ person, tokens } = await signedIn(test));
});
afterAll(() => test.close());

const put = (json: object, { access_token: token } = admin.tokens, id = person.id) =>
  test.api.call('PUT', `users/${id}/subscription`, { json, token });

const get = async ({ access_token: token } = admin.tokens, id = person.id): Promise<Answer> =>
  test.api.get(`users/${id}/subscription`, { token });

const rowOf = async ({ id }: Person) =>
  (await test.query('SELECT * FROM subscriptions WHERE user_id = $1', [id]))[0];

const NOTHING = {
  customer_id: null,
  plan_id: null,
  subscription_id: null,
  subscription_status: null,
  subscription_last_renew: null,
  subscription_next_renew: null,
  premium_until: null,
  is_premium: false,
  occurred_at: null,
};
const PAID = {
  customer_id: 'cus_Na6dX7aXxi11N4',
  plan_id: 'price_1MowQVLkdIwHu7ix',
  subscription_id: 'sub_1MowQVLkdIwHu7ixraBm864M',
  subscription_status: 'active',
  subscription_last_renew: '2029-12-31T22:00:00.000Z',
  subscription_next_renew: '2030-01-31T22:00:00.000Z',
  premium_until: '2030-02-03T22:00:00.000Z',
};

describe('saying what somebody pays for', () => {
  it('is kept whole, makes them premium, and is in the audit trail', async () => {
    const occurred_at = '2029-12-31T22:00:01.000Z';
    const { answer, mails, audits } = await effectsOf(test, () => put({ ...PAID, occurred_at }));
    const after = { ...PAID, is_premium: true, occurred_at };
    expect([answer.status, answer.body]).toEqual([200, { ...after, applied: true }]);
    expect([mails, audits]).toEqual([[], ['subscription_changed']]);
    expect((await get()).body).toEqual(after);
    const { access_token: token } = tokens;
    expect((await test.api.get('users/me/subscription', { token })).body).toEqual(after);
    expect((await test.api.get('users/me', { token })).body).toMatchObject({
      is_premium: true,
      premium_until: PAID.premium_until,
    });
    const [event] = await test.query('SELECT * FROM audit_events ORDER BY id DESC LIMIT 1');
    expect(event).toMatchObject({
      actor_id: admin.person.id,
      subject_id: person.id,
    });
    // Which fields, and none of their values: the trail outlives the account.
    expect(event.details).toEqual({ applied: true, fields: Object.keys(PAID).join(',') });
  });

  it('replaces all of it: what is left out, null or empty is null from then on', async () => {
    await put(PAID);
    const { body } = await put({ subscription_status: 'canceled', plan_id: null, customer_id: '' });
    const now = test.clock.now().toISOString();
    const after = { ...NOTHING, subscription_status: 'canceled', occurred_at: now };
    expect(body).toEqual({ ...after, applied: true });
    expect((await get()).body).toEqual(after);
  });

  it('is now if no time is told, and times in any zone are understood', async () => {
    const { body } = await put({ premium_until: '2030-02-04T00:00:00+02:00' });
    expect(body).toMatchObject({
      premium_until: '2030-02-03T22:00:00.000Z',
      occurred_at: test.clock.now().toISOString(),
    });
  });

  it('of somebody who never paid tells nulls', async () => {
    expect([(await get()).status, (await get()).body]).toEqual([200, NOTHING]);
    const { access_token: token } = tokens;
    expect((await test.api.get('users/me/subscription', { token })).body).toEqual(NOTHING);
  });

  it('replaces what was there before anybody told when', async () => {
    await test.query(
      `INSERT INTO subscriptions (user_id, premium_until) VALUES ($1, '2031-01-01Z')`,
      [person.id],
    );
    expect((await get()).body).toMatchObject({ is_premium: true, occurred_at: null });
    const { body } = await put({ occurred_at: '0001-01-01T00:00:00Z' });
    expect(body).toMatchObject({ applied: true, premium_until: null });
  });
});

describe('events in any order', () => {
  it('an older one changes nothing, and hears what is known', async () => {
    const newer = { ...PAID, occurred_at: '2029-12-31T22:00:01.000Z' };
    await put(newer);
    const before = await rowOf(person);
    const { answer, audits } = await effectsOf(test, () =>
      put({ subscription_status: 'trialing', occurred_at: '2029-12-31T22:00:00.999Z' }),
    );
    expect([answer.status, answer.body]).toEqual([
      200,
      { ...newer, is_premium: true, applied: false },
    ]);
    expect([audits, await rowOf(person)]).toEqual([[], before]);
  });

  it('the same one again changes nothing', async () => {
    const event = { ...PAID, occurred_at: '2029-12-31T22:00:01.000Z' };
    await put(event);
    const before = await rowOf(person);
    expect((await put(event)).body).toMatchObject({ applied: true });
    expect(await rowOf(person)).toEqual(before);
  });

  it('the newest of sixteen at once stays', async () => {
    for (let round = 0; round < 5; round++) {
      const { person: payer } = await signedIn(test);
      const minutes = Array.from({ length: 16 }, (_, n) => n).toSorted(() => Math.random() - 0.5);
      const answers = await sixteen((n) => {
        const occurred_at = `2029-12-31T22:${String(minutes[n]).padStart(2, '0')}:00Z`;
        return put({ plan_id: `plan ${minutes[n]}`, occurred_at }, admin.tokens, payer.id);
      });
      expect(tally(answers)).toEqual({ 200: 16 });
      expect((await rowOf(payer)).plan_id).toBe('plan 15');
      const newest = answers[minutes.indexOf(15)]!;
      expect(newest.body).toMatchObject({ applied: true, plan_id: 'plan 15' });
      const applied = answers.filter(({ body }) => body.applied).length;
      const events = await test.query(
        `SELECT FROM audit_events WHERE subject_id = $1 AND action = 'subscription_changed'`,
        [payer.id],
      );
      expect(events).toHaveLength(applied);
    }
  });

  it('one from five minutes ahead is a clock that is off, one from beyond is refused', async () => {
    expectInvalid(await put({ occurred_at: '2030-01-01T00:05:01Z' }), ['/occurred_at']);
    expect(await rowOf(person)).toBeUndefined();
    expect((await put({ occurred_at: '2030-01-01T00:05:00Z' })).body).toMatchObject({
      applied: true,
    });
  });
});

describe('a request that is refused', () => {
  it.each(['user', 'guest'] as const)('because a %s may not', async (role) => {
    const other = await signedInAs(test, role);
    expectProblem(await put(PAID, other.tokens), 403, 'forbidden');
    expectProblem(await put(PAID, other.tokens, other.person.id), 403, 'forbidden');
    expectProblem(await get(other.tokens), 403, 'forbidden');
    expect(await rowOf(person)).toBeUndefined();
  });

  it.each(['01900000-0000-7000-8000-000000000000', 'me', 'ada'])(
    'because there is no user %s',
    async (id) => {
      expectProblem(await put(PAID, admin.tokens, id), 404, 'user_not_found');
    },
  );

  it('because the user is deleted at that moment', async () => {
    const held = await standstill(test, `SELECT FROM users WHERE id = '${person.id}' FOR UPDATE`);
    const { access_token: token } = tokens;
    const deletion = await held.queue(() => test.api.delete('users/me', { token }));
    const event = await held.queue(() => put(PAID));
    await held.release();
    expect((await deletion.answer).status).toBe(200);
    expectProblem(await event.answer, 404, 'user_not_found');
    expect(await rowOf(person)).toBeUndefined();
  });

  it.each([
    [{ role: 'admin' }, ['/role']],
    [{ customer_id: 7 }, ['/customer_id']],
    [{ plan_id: ['a'] }, ['/plan_id']],
    [{ subscription_id: 'x'.repeat(256) }, ['/subscription_id']],
    [{ subscription_status: 'act\nive' }, ['/subscription_status']],
    [{ subscription_status: 'act\0ive' }, ['/subscription_status']],
    [{ customer_id: 'half \ud800' }, ['/customer_id']],
    [{ premium_until: true }, ['/premium_until']],
    [{ premium_until: 4_102_444_800 }, ['/premium_until']],
    [{ occurred_at: {} }, ['/occurred_at']],
    [{ premium_until: '9999-12-31T23:59:59-05:00' }, ['/premium_until']],
  ])('because of what it says: %j', async (json, pointers) => {
    expectInvalid(await put(json), pointers);
    expect(await rowOf(person)).toBeUndefined();
  });

  it.each(titled(['', 'never', '2030-02-30T00:00:00Z', '2030-01-01', '2030-01-01T00:00:00']))(
    'because %p is no time',
    async (_, text) => {
      for (const field of [
        'subscription_last_renew',
        'subscription_next_renew',
        'premium_until',
        'occurred_at',
      ])
        expectInvalid(await put({ [field]: text }), [`/${field}`]);
    },
  );
});
