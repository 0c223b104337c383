import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OutboundHttp } from '../../common/http/outbound-http';
import { loadConfig } from '../../config/env';
import { type MailMessage, PermanentMailError } from '../message';
import { SendGridTransport } from './sendgrid.transport';

const MESSAGE: MailMessage = {
  id: '01990000-0000-7000-8000-000000000000',
  to: 'ada@example.com',
  subject: 'Hello',
  html: '<p>Hello</p>',
  text: 'Hello',
};

interface Call {
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

describe('SendGridTransport', () => {
  let server: Server;
  let transport: SendGridTransport;
  let calls: Call[];
  let status: number;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Call['body'];
        calls.push({ route: `${request.method} ${request.url}`, headers: request.headers, body });
        response.writeHead(status).end('{"errors":[{"message":"ada@example.com is bad"}]}');
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { mail } = loadConfig({
      NODE_ENV: 'test',
      SECRET_KEY: 'k',
      SENDGRID_API_KEY: 'SG.key',
      SENDGRID_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      FROM_EMAIL: 'no-reply@acme.example',
      FROM_NAME: 'Acme',
    });
    transport = new SendGridTransport(new OutboundHttp(), mail.sendgrid!, mail);
  });

  beforeEach(() => {
    calls = [];
    status = 202;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  it('posts the message with the key, and with tracking off', async () => {
    await transport.send(MESSAGE);
    expect(calls).toHaveLength(1);
    const { route, headers, body } = calls[0]!;
    expect(route).toBe('POST /v3/mail/send');
    expect(headers).toMatchObject({
      authorization: 'Bearer SG.key',
      'content-type': 'application/json',
    });
    expect(body).toEqual({
      personalizations: [{ to: [{ email: 'ada@example.com' }] }],
      from: { email: 'no-reply@acme.example', name: 'Acme' },
      subject: 'Hello',
      content: [
        { type: 'text/plain', value: 'Hello' },
        { type: 'text/html', value: '<p>Hello</p>' },
      ],
      headers: {
        'Message-ID': '<01990000-0000-7000-8000-000000000000@acme.example>',
        'Auto-Submitted': 'auto-generated',
      },
      tracking_settings: {
        click_tracking: { enable: false, enable_text: false },
        open_tracking: { enable: false },
        subscription_tracking: { enable: false },
      },
    });
  });

  it.each([400, 413])('gives up for good on %d', async (code) => {
    status = code;
    const error: unknown = await transport.send(MESSAGE).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentMailError);
    expect(error).toMatchObject({ message: `SendGrid: answered ${code}` });
  });

  it.each([200, 302, 401, 403, 429, 500, 503])(
    'leaves room for another attempt after %d',
    async (code) => {
      status = code;
      const error: unknown = await transport.send(MESSAGE).catch((thrown: unknown) => thrown);
      expect(error).not.toBeInstanceOf(PermanentMailError);
      expect(error).toMatchObject({ message: `SendGrid: answered ${code}` });
    },
  );
});
