import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { until } from './until';

export interface ReceivedMail {
  /** Of its row in the outbox: mails owed later sort later. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** A real SMTP server that keeps what it is given, and can be told to refuse. */
export class Inbox {
  readonly mails: ReceivedMail[] = [];
  /** How many of the next mails are refused. */
  refusals = 0;
  /** With what they are refused: 4yz is for now, 5yz for good. */
  refusalCode = 451;

  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
  ) {}

  static async open(): Promise<Inbox> {
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const recipient = session.envelope.rcptTo[0]!.address;
          inbox.receive(recipient, Buffer.concat(chunks)).then(() => done(), done);
        });
      },
    });
    server.on('error', () => {});
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const inbox: Inbox = new Inbox(server, (server.server.address() as AddressInfo).port);
    return inbox;
  }

  /** The mails to one address, oldest first. */
  of(to: string): ReceivedMail[] {
    return this.mails.filter((mail) => mail.to === to);
  }

  /** Waits for the newest mail to `to` whose subject matches. */
  waitFor(to: string, subject: RegExp): Promise<ReceivedMail> {
    return until(() => this.of(to).findLast((mail) => subject.test(mail.subject)));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(to: string, raw: Buffer): Promise<void> {
    if (this.refusals > 0) {
      this.refusals--;
      throw Object.assign(new Error('not this one'), { responseCode: this.refusalCode });
    }
    const mail = await PostalMime.parse(raw);
    this.mails.push({
      id: /[^<@]+/.exec(mail.messageId ?? '')?.[0] ?? '',
      to,
      subject: mail.subject ?? '',
      html: mail.html ?? '',
      text: mail.text ?? '',
    });
  }
}

/** The one link in a mail's text that carries a token. */
export function linkIn(mail: Pick<ReceivedMail, 'subject' | 'text'>): URL {
  const [link] = /https?:\/\/\S*token=\S+/.exec(mail.text) ?? [];
  if (!link) throw new Error(`no link in "${mail.subject}"`);
  return new URL(link);
}

export const tokenIn = (mail: Pick<ReceivedMail, 'subject' | 'text'>): string =>
  linkIn(mail).searchParams.get('token')!;
