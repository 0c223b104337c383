import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { UnitOfWork } from '../../src/database/unit-of-work';
import { MAIL_QUEUE, MailQueue } from '../../src/mail/mail.queue';
import { MailService } from '../../src/mail/mail.service';
import { signedIn, signUp } from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
let queue: Queue;
beforeAll(async () => {
  test = await startTestApp();
  queue = test.app.get<Queue>(getQueueToken(MAIL_QUEUE));
});
afterAll(() => test.close());

const owedTo = (email: string) =>
  test.query('SELECT * FROM mail_outbox WHERE recipient = $1', [email]);

/** Every row of the outbox and of the queue, as text. */
const everything = async (): Promise<string> => {
  const tables = await test.query(`
    SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname = 'bullmq' OR tablename = 'mail_outbox'`);
  expect(tables.length).toBeGreaterThan(1);
  const dumps = await Promise.all(
    tables.map(({ name }) => test.query(`SELECT string_agg(t::text, ' ') AS dump FROM ${name} t`)),
  );
  return dumps.map(([{ dump }]) => dump).join('\n');
};

describe('what is stored', () => {
  it('holds no token while mails wait, are refused, and after they were sent', async () => {
    const { person, tokens } = await signedIn(test);
    await queue.pause();
    await test.api.post('auth/password/reset/request', { email: person.email });
    await test.api.post(
      'auth/email/change',
      { new_email: `new-${person.email}`, password: person.password },
      { token: tokens.access_token },
    );
    const waiting = await everything();
    test.inbox.refusals = 2;
    await queue.resume();
    await test.mailsSettled();
    const sent = await everything();

    for (const dump of [waiting, sent]) {
      expect(dump).toContain('password_reset');
      expect(dump).not.toContain('eyJ');
    }
  });

  it('is nothing when the transaction is undone', async () => {
    const { id } = await signUp(test);
    await test.mailsSettled();
    const recipient = { id, username: 'ada', email: 'undone@example.com', locale: 'en' };
    const add = jest.spyOn(test.app.get(MailQueue), 'add');
    const undone = test.app.get(UnitOfWork).run(async (tx) => {
      await test.app.get(MailService).oweTo(tx, 'password_changed', recipient, { ip: '::1' });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');

    expect(await owedTo(recipient.email)).toEqual([]);
    expect(add).not.toHaveBeenCalled();
  });

  it('is nothing of a reset for an address that nobody has, which gets no mail', async () => {
    const email = 'nobody@example.com';
    const answer = await test.api.post('auth/password/reset/request', { email });
    expect(answer.status).toBe(200);
    await test.mailsSettled();

    expect(await owedTo(email)).toEqual([]);
    expect(test.inbox.of(email)).toEqual([]);
  });
});

it('logs neither a token nor an address, of mails sent and of mails refused', async () => {
  test.inbox.refusals = 3;
  await signUp(test);
  await test.mailsSettled();

  const logged = test.logs.join('');
  expect(logged).toContain('mail sent');
  expect(logged).toContain('mail not sent');
  expect(logged).not.toMatch(/eyJ|@example\.com/);
});
