import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { MailDelivery } from '../../src/mail/mail-delivery';
import { MAIL_QUEUE, MailQueue } from '../../src/mail/mail.queue';
import { MailSweeper } from '../../src/mail/mail.sweeper';
import { MailTransport, PermanentMailError } from '../../src/mail/message';
import { linkIn } from '../support/inbox';
import { type Person, signUp, sixteen } from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';
import { until } from '../support/until';

interface Row {
  readonly id: string;
  readonly attempts: number;
  readonly leased_until: Date | null;
  readonly sent_at: Date | null;
  readonly failed_at: Date | null;
  readonly last_error: string | null;
}

let test: TestApp;
let queue: Queue;
let delivery: MailDelivery;
let sweeper: MailSweeper;
beforeAll(async () => {
  test = await startTestApp();
  queue = test.app.get<Queue>(getQueueToken(MAIL_QUEUE));
  delivery = test.app.get(MailDelivery, { strict: false });
  sweeper = test.app.get(MailSweeper, { strict: false });
});
afterEach(async () => {
  jest.restoreAllMocks();
  test.inbox.refusals = 0;
  test.inbox.refusalCode = 451;
  await queue.resume();
  await test.mailsSettled();
});
afterAll(() => test.close());

const rowTo = async ({ email }: Pick<Person, 'email'>): Promise<Row> => {
  const [row] = await test.query('SELECT * FROM mail_outbox WHERE recipient = $1', [email]);
  return row;
};

/** Somebody whose verification mail is owed and in no queue. */
async function owedOnly(): Promise<{ person: Person; id: string }> {
  jest.spyOn(test.app.get(MailQueue), 'add').mockResolvedValue();
  const person = await signUp(test);
  jest.restoreAllMocks();
  return { person, id: (await rowTo(person)).id };
}

describe('a mail server that refuses', () => {
  it('for now is asked again until it takes the mail, once', async () => {
    test.inbox.refusals = 2;
    const person = await signUp(test);
    await test.mailsSettled();

    expect(await rowTo(person)).toMatchObject({
      attempts: 3,
      sent_at: expect.any(Date),
      failed_at: null,
      leased_until: null,
      last_error: null,
    });
    expect(test.inbox.of(person.email)).toHaveLength(1);
  });

  it('is given twice the time before each next attempt', async () => {
    await queue.pause();
    const person = await signUp(test);
    const { id } = await rowTo(person);
    const job = await until(() => queue.getJob(id));

    expect(job.opts).toMatchObject({ attempts: 3, backoff: { type: 'exponential', delay: 20 } });
  });

  it('for good is believed: the mail is kept as failed and not tried again', async () => {
    test.inbox.refusals = 1;
    test.inbox.refusalCode = 550;
    const person = await signUp(test);
    await test.mailsSettled();
    const row = await rowTo(person);

    expect(row).toMatchObject({
      attempts: 1,
      sent_at: null,
      failed_at: expect.any(Date),
      last_error: 'SMTP: refused, EMESSAGE DATA 550',
    });
    await delivery.deliver(row.id);
    test.clock.advance({ seconds: 31 });
    expect(await sweeper.sweep()).toBe(0);
    expect((await rowTo(person)).attempts).toBe(1);
    expect(test.inbox.of(person.email)).toEqual([]);
  });

  it('too often is left alone, and the mail kept as failed', async () => {
    test.inbox.refusals = 3;
    const person = await signUp(test);
    await test.mailsSettled();

    expect(await rowTo(person)).toMatchObject({
      attempts: 3,
      sent_at: null,
      failed_at: expect.any(Date),
      last_error: 'SMTP: failed, EMESSAGE DATA 451',
    });
    expect(test.inbox.of(person.email)).toEqual([]);
  });
});

describe('the sweeper', () => {
  it('finds a mail that the queue lost, after 30 seconds, and it is sent once', async () => {
    await queue.pause();
    const person = await signUp(test);
    const { id } = await rowTo(person);
    await until(() => queue.getJob(id));
    await queue.obliterate({ force: true });
    await queue.resume();

    test.clock.advance({ seconds: 30 });
    expect(await sweeper.sweep()).toBe(0);
    test.clock.advance({ seconds: 1 });
    expect(await sweeper.sweep()).toBe(1);
    await test.mailsSettled();
    expect(await sweeper.sweep()).toBe(0);
    expect(test.inbox.of(person.email)).toHaveLength(1);
  });

  it('of sixteen processes at once queues a mail once', async () => {
    const { person, id } = await owedOnly();
    test.clock.advance({ seconds: 31 });
    await sixteen(() => sweeper.sweep());
    await test.mailsSettled();

    expect(test.inbox.of(person.email)).toHaveLength(1);
    expect((await rowTo(person)).attempts).toBe(1);
    await until(async () => !(await queue.getJob(id)));
  });

  it('does not hurry a mail that waits for its next attempt', async () => {
    const { id } = await owedOnly();
    const waiting = await queue.add('send', {}, { jobId: id, delay: 3_600_000 });
    test.clock.advance({ seconds: 31 });
    await sweeper.sweep();

    expect(await queue.getJobCounts('waiting', 'active', 'delayed')).toEqual({
      waiting: 0,
      active: 0,
      delayed: 1,
    });
    await waiting.promote();
  });

  it('sends what was owed while the queue was down, and the requests never noticed', async () => {
    jest.spyOn(test.app.get(MailQueue), 'add').mockRejectedValue(new Error('queue is down'));
    const person = await signUp(test);
    jest.restoreAllMocks();
    expect(test.logs.join('')).toContain('mail left to the sweeper');
    test.clock.advance({ seconds: 31 });
    await sweeper.sweep();
    await test.mailsSettled();

    expect(linkIn(test.inbox.of(person.email)[0]!).pathname).toBe('/pages/verify-email');
  });
});

describe('workers', () => {
  it('that take the same mail at once send it once', async () => {
    const { person, id } = await owedOnly();
    await sixteen(() => delivery.deliver(id));

    expect(test.inbox.of(person.email)).toHaveLength(1);
    expect(await rowTo(person)).toMatchObject({ attempts: 1, sent_at: expect.any(Date) });
  });

  it('leave a mail to the one that is sending it, and take it over when that one has died', async () => {
    const { person, id } = await owedOnly();
    const leasedUntil = test.clock.inSeconds(60);
    await test.query('UPDATE mail_outbox SET attempts = 1, leased_until = $2 WHERE id = $1', [
      id,
      leasedUntil,
    ]);
    test.clock.advance({ seconds: 59 });
    await delivery.deliver(id);
    expect(await sweeper.sweep()).toBe(0);
    expect(await rowTo(person)).toMatchObject({ attempts: 1, sent_at: null });

    test.clock.advance({ seconds: 2 });
    expect(await sweeper.sweep()).toBe(1);
    await test.mailsSettled();
    expect(test.inbox.of(person.email)).toHaveLength(1);
    expect(await rowTo(person)).toMatchObject({ attempts: 2, leased_until: null });
  });

  it('that were overtaken do not give back, or give up, what another one is sending', async () => {
    const { person, id } = await owedOnly();
    let fail!: (error: Error) => void;
    const stuck = new Promise<void>((_, reject) => (fail = reject));
    const send = jest.spyOn(test.app.get(MailTransport, { strict: false }), 'send');
    send.mockReturnValueOnce(stuck);
    const overtaken = delivery.deliver(id);
    await until(() => send.mock.calls.length === 1);
    const { leased_until: first } = await rowTo(person);
    test.clock.advance({ seconds: 61 });
    const current = new Promise<void>(() => {});
    send.mockReturnValueOnce(current);
    void delivery.deliver(id);
    await until(() => send.mock.calls.length === 2);
    fail(new Error('too late'));

    await expect(overtaken).rejects.toThrow('too late');
    const row = await rowTo(person);
    expect(row).toMatchObject({ attempts: 2, failed_at: null, last_error: null });
    expect(row.leased_until!.getTime()).toBeGreaterThan(first!.getTime());
    await test.query('DELETE FROM mail_outbox WHERE id = $1', [id]);
  });

  it('that were overtaken do not drop a farewell that another one is sending', async () => {
    const { person, id } = await owedOnly();
    await test.query(`UPDATE mail_outbox SET kind = 'farewell', user_id = NULL WHERE id = $1`, [
      id,
    ]);
    let fail!: (error: Error) => void;
    const send = jest.spyOn(test.app.get(MailTransport, { strict: false }), 'send');
    send.mockReturnValueOnce(new Promise<void>((_, reject) => (fail = reject)));
    const overtaken = delivery.deliver(id);
    await until(() => send.mock.calls.length === 1);
    test.clock.advance({ seconds: 61 });
    let refuse!: (error: Error) => void;
    send.mockReturnValueOnce(new Promise<void>((_, reject) => (refuse = reject)));
    const current = delivery.deliver(id);
    await until(() => send.mock.calls.length === 2);
    fail(new PermanentMailError('too late'));
    await overtaken;
    expect(await rowTo(person)).toMatchObject({ attempts: 2, failed_at: null, last_error: null });
    refuse(new PermanentMailError('refused'));
    await current;
    expect(await rowTo(person)).toBeUndefined();
  });
});

it('goes on after every database connection was cut', async () => {
  await test.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  const person = await until(async () => signUp(test).catch(() => null));
  const mail = await test.inbox.waitFor(person.email, /confirm/i);
  expect(linkIn(mail).pathname).toBe('/pages/verify-email');
});
