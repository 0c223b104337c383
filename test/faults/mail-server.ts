import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** What the server does with mails from now on. */
export type Manner =
  | 'accept'
  | 'refuse for now'
  | 'refuse every second for good'
  /** Not a word, to old and new connections, for ever. */
  | 'say nothing'
  /** Takes the mail, and hangs up instead of saying so. */
  | 'take and hang up'
  /** Takes the mail, and does not say so. */
  | 'take and say nothing';

export interface Delivery {
  /** Of its row in the outbox. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly at: number;
  /** Whether the sender was told. */
  readonly isTold: boolean;
}

const refusal = (responseCode: number) =>
  Object.assign(new Error('not this one'), { responseCode });

/** A real SMTP server with manners. */
export class MailServer {
  manner: Manner = 'accept';
  /** All mails it has, in the order of arrival; one that came twice is here twice. */
  readonly deliveries: Delivery[] = [];
  /** Ids of mails that it will never take. */
  readonly refusedForGood = new Set<string>();
  /** How often it did what its manner says, other than accept. */
  readonly faults = new Map<Manner, number>();
  private readonly byRecipient = new Map<string, Delivery[]>();
  /** By the port of the other side. */
  private readonly sockets = new Map<number, Socket>();
  private readonly server: SMTPServer;
  private count = 0;

  private constructor() {
    this.server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      closeTimeout: 1,
      onConnect: (_, done) => this.unlessSilent(done),
      onMailFrom: (_, __, done) => this.unlessSilent(done),
      onRcptTo: (_, __, done) => {
        if (this.manner !== 'refuse for now') return done();
        this.counted();
        done(refusal(450));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.receive(session, Buffer.concat(chunks)).then(
            (isAnswered) => isAnswered && done(),
            done,
          );
        });
      },
    });
    this.server.on('error', () => {});
    this.server.server.on('connection', (socket: Socket) => {
      const { remotePort: port = 0 } = socket;
      this.sockets.set(port, socket);
      socket.once('close', () => this.sockets.delete(port));
    });
  }

  static async open(): Promise<MailServer> {
    const mails = new MailServer();
    mails.server.listen(0, '127.0.0.1');
    await once(mails.server.server, 'listening');
    return mails;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  /** How often it did that. */
  timesOf(manner: Manner): number {
    return this.faults.get(manner) ?? 0;
  }

  /** The mails to one address, oldest first. */
  to(address: string): readonly Delivery[] {
    return this.byRecipient.get(address) ?? [];
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }

  private unlessSilent(done: () => void): void {
    if (this.manner === 'say nothing') this.counted();
    else done();
  }

  /** Whether the sender gets an answer. */
  private async receive(session: SMTPServerSession, raw: Buffer): Promise<boolean> {
    const { manner } = this;
    const mail = await PostalMime.parse(raw);
    const id = /[^<@]+/.exec(mail.messageId ?? '')?.[0] ?? '';
    if (manner === 'refuse every second for good' && this.count++ % 2 === 0) {
      this.counted();
      this.refusedForGood.add(id);
      throw refusal(550);
    }
    const isTold = !manner.startsWith('take');
    const to = session.envelope.rcptTo[0]!.address;
    const delivery = { id, to, subject: mail.subject ?? '', text: mail.text ?? '' };
    this.keep({ ...delivery, at: Date.now(), isTold });
    if (!isTold) this.counted();
    if (manner === 'take and hang up') this.sockets.get(session.remotePort)?.destroy();
    return isTold;
  }

  private keep(delivery: Delivery): void {
    this.deliveries.push(delivery);
    this.byRecipient.set(delivery.to, [...this.to(delivery.to), delivery]);
  }

  private counted(): void {
    this.faults.set(this.manner, this.timesOf(this.manner) + 1);
  }
}
