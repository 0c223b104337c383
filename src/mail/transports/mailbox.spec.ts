import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../config/env';
import type { MailMessage } from '../message';
import { Mailbox } from './mailbox';
import { MailboxTransport } from './mailbox.transport';

const message = (subject: string): MailMessage => ({
  id: '01990000-0000-7000-8000-000000000000',
  to: 'ada@example.com',
  subject,
  html: '<p>Hello</p>',
  text: 'Open:\nhttps://example.com/a?token=x.y&z=1\n\nor http://localhost:3000/b',
});

describe('Mailbox', () => {
  let dataDir: string;
  let directory: string;
  let mailbox: Mailbox;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'mailbox-'));
    directory = join(dataDir, 'mailbox');
    mailbox = new Mailbox(loadConfig({ NODE_ENV: 'test', SECRET_KEY: 'k', DATA_DIR: dataDir }));
  });

  afterEach(() => {
    rmSync(dataDir, { recursive: true });
  });

  it('is empty before the first message', async () => {
    await expect(mailbox.list()).resolves.toEqual([]);
  });

  it('keeps a message with its time and the links of its text', async () => {
    const before = Math.floor(performance.timeOrigin + performance.now());
    const id = await mailbox.store(message('one'));
    const mail = await mailbox.find(id);
    expect(mail).toEqual({
      id,
      sentAt: expect.any(Date),
      message: message('one'),
      links: ['https://example.com/a?token=x.y&z=1', 'http://localhost:3000/b'],
    });
    expect(Math.abs(mail!.sentAt.getTime() - before)).toBeLessThan(10_000);
  });

  it('lists the newest first, and a mail sent twice twice', async () => {
    for (const subject of ['one', 'two', 'two']) await mailbox.store(message(subject));
    const subjects = (await mailbox.list()).map((mail) => mail.message.subject);
    expect(subjects).toEqual(['two', 'two', 'one']);
  });

  it('leaves nothing half-written and nothing that others may read', async () => {
    const id = await mailbox.store(message('one'));
    expect(readdirSync(directory)).toEqual([`${id}.json`]);
    expect(statSync(join(directory, `${id}.json`)).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('keeps the newest 500', async () => {
    const oldest = await mailbox.store(message('oldest'));
    for (let index = 0; index < 500; index++) await mailbox.store(message(`${index}`));
    expect(readdirSync(directory)).toHaveLength(500);
    await expect(mailbox.find(oldest)).resolves.toBeNull();
    expect((await mailbox.list())[0]!.message.subject).toBe('499');
  });

  it('stores messages sent at the same time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => mailbox.store(message('x'))));
    await expect(mailbox.list()).resolves.toHaveLength(20);
  });

  it.each([
    '../secret',
    '../secret.json',
    '..%2fsecret',
    '/etc/passwd',
    '',
    '01990000-0000-7000-8000-000000000000\0',
    '01990000-0000-7000-8000-000000000000/../../secret',
    '01990000-0000-7000-8000-000000000001',
  ])('finds nothing under %j (path traversal)', async (id) => {
    await mailbox.store(message('one'));
    writeFileSync(join(dataDir, 'secret.json'), JSON.stringify(message('secret')));
    await expect(mailbox.find(id)).resolves.toBeNull();
  });

  it('passes over files that are not messages', async () => {
    await mailbox.store(message('one'));
    writeFileSync(join(directory, 'notes.json'), '{}');
    writeFileSync(join(directory, '.draft'), '{');
    await expect(mailbox.list()).resolves.toHaveLength(1);
  });

  it('records a mail that is also delivered, once it was', async () => {
    const delivery = { send: jest.fn().mockRejectedValueOnce(new Error('down')), close: jest.fn() };
    const transport = new MailboxTransport(mailbox, delivery);
    await expect(transport.send(message('one'))).rejects.toThrow('down');
    await expect(mailbox.list()).resolves.toEqual([]);
    await transport.send(message('one'));
    await expect(mailbox.list()).resolves.toHaveLength(1);
    await transport.close();
    expect(delivery.close).toHaveBeenCalledTimes(1);
  });
});
