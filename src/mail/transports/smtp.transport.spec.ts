import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { loadConfig } from '../../config/env';
import { type MailMessage, PermanentMailError } from '../message';
import { SmtpTransport } from './smtp.transport';

interface Received {
  readonly recipients: readonly string[];
  readonly raw: string;
}

const MESSAGE: MailMessage = {
  id: '01990000-0000-7000-8000-000000000000',
  to: 'ada@example.com',
  subject: 'Grüße, Ada',
  html: '<p>Hällo</p>',
  text: 'Hällo',
};

const refusal = (responseCode: number) =>
  Object.assign(new Error('<ada@example.com> is not welcome'), { responseCode });

class ImpatientTransport extends SmtpTransport {
  protected override readonly sendSeconds = 0.2;
}

const configFor = (server: SMTPServer) =>
  loadConfig({
    NODE_ENV: 'test',
    SECRET_KEY: 'k',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String((server.server.address() as AddressInfo).port),
    FROM_EMAIL: 'no-reply@acme.example',
    FROM_NAME: 'Acme, Inc.',
  });

describe('SmtpTransport', () => {
  let received: Received[];
  let server: SMTPServer;
  let transport: SmtpTransport;

  const start = async (options: SMTPServerOptions = {}) => {
    received = [];
    server = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const recipients = session.envelope.rcptTo.map(({ address }) => address);
          received.push({ recipients, raw: Buffer.concat(chunks).toString() });
          done();
        });
      },
      ...options,
    });
    server.on('error', () => {});
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { mail } = configFor(server);
    transport = new SmtpTransport(mail.smtp!, mail);
  };

  afterEach(async () => {
    await transport.close();
    await new Promise<void>((closed) => server.close(closed));
  });

  it('delivers both versions with sender, Message-ID and Auto-Submitted', async () => {
    await start();
    await transport.send(MESSAGE);
    expect(received).toHaveLength(1);
    const mail = await PostalMime.parse(received[0]!.raw);
    expect(mail).toMatchObject({
      from: { name: 'Acme, Inc.', address: 'no-reply@acme.example' },
      to: [{ address: 'ada@example.com' }],
      subject: 'Grüße, Ada',
      messageId: '<01990000-0000-7000-8000-000000000000@acme.example>',
    });
    expect(mail.html?.trim()).toBe('<p>Hällo</p>');
    expect(mail.text?.trim()).toBe('Hällo');
    expect(mail.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
  });

  it('sends many mails over few connections', async () => {
    let connections = 0;
    await start({
      onConnect: (_, done) => {
        connections++;
        done();
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => transport.send(MESSAGE)));
    expect(received).toHaveLength(20);
    expect(connections).toBeLessThanOrEqual(5);
  });

  it('keeps a line break in the subject from becoming a header (header injection)', async () => {
    await start();
    await transport.send({ ...MESSAGE, subject: 'Hi\r\nBcc: eve@example.com\r\nX: y' });
    const { recipients, raw } = received[0]!;
    const mail = await PostalMime.parse(raw);
    expect(recipients).toEqual(['ada@example.com']);
    expect(mail.bcc ?? []).toEqual([]);
    expect(mail.subject).toBe('Hi Bcc: eve@example.com X: y');
    expect(mail.text?.trim()).toBe('Hällo');
  });

  it.each([
    'ada@example.com, eve@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com>\r\nRCPT TO:<eve@example.com',
    'group: eve@example.com;',
    '',
  ])('never reaches anybody else through the address %j (recipient injection)', async (to) => {
    const asked: string[] = [];
    await start({
      onRcptTo: ({ address }, _, done) => {
        asked.push(address);
        done();
      },
    });
    await expect(transport.send({ ...MESSAGE, to })).rejects.toThrow(PermanentMailError);
    expect(asked).toEqual([]);
    expect(received).toEqual([]);
  });

  it('gives up for good on a recipient refused with 5xx, without repeating the address', async () => {
    await start({ onRcptTo: (_address, _session, done) => done(refusal(550)) });
    const failure = transport.send(MESSAGE).catch((error: unknown) => error);
    await expect(failure).resolves.toBeInstanceOf(PermanentMailError);
    await expect(failure).resolves.toMatchObject({
      message: 'SMTP: refused, EENVELOPE RCPT TO 550',
    });
  });

  it('gives up for good on content refused with 5xx', async () => {
    await start({
      onData: (stream, _session, done) => {
        stream.resume().on('end', () => done(refusal(554)));
      },
    });
    await expect(transport.send(MESSAGE)).rejects.toThrow(PermanentMailError);
  });

  it('leaves room for another attempt after 4xx, without repeating the address', async () => {
    await start({ onRcptTo: (_address, _session, done) => done(refusal(450)) });
    const error: unknown = await transport.send(MESSAGE).catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(PermanentMailError);
    expect(error).toMatchObject({ message: 'SMTP: failed, EENVELOPE RCPT TO 450' });
  });

  it('blames the sender, not the mail, for a refused sender address', async () => {
    await start({ onMailFrom: (_address, _session, done) => done(refusal(550)) });
    const error: unknown = await transport.send(MESSAGE).catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(PermanentMailError);
    expect(error).toMatchObject({ message: 'SMTP: failed, EENVELOPE MAIL FROM 550' });
  });

  it('gives up on a server that keeps it waiting, and leaves room for another attempt', async () => {
    await start({ onData: (stream) => void stream.resume() });
    const { mail } = configFor(server);
    const impatient = new ImpatientTransport(mail.smtp!, mail);
    const error: unknown = await impatient.send(MESSAGE).catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(PermanentMailError);
    expect(error).toMatchObject({ message: 'SMTP: failed, EABORT' });
    await impatient.close();
  });

  it('fails what it is sending when it is closed, and leaves room for another attempt', async () => {
    let hasStarted!: () => void;
    const started = new Promise<void>((resolve) => (hasStarted = resolve));
    await start({ onData: (stream) => void stream.resume().on('end', hasStarted) });
    const failure = transport.send(MESSAGE).catch((thrown: unknown) => thrown);
    await started;
    await transport.close();
    await expect(failure).resolves.toMatchObject({ message: 'SMTP: failed, EABORT' });
    await expect(failure).resolves.not.toBeInstanceOf(PermanentMailError);
  });

  it('leaves room for another attempt when nobody listens', async () => {
    await start();
    await new Promise<void>((closed) => server.close(closed));
    const error: unknown = await transport.send(MESSAGE).catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(PermanentMailError);
    expect(error).toMatchObject({ message: expect.stringContaining('ECONNREFUSED') });
  });
});
