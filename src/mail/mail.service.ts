import { Injectable, Logger } from '@nestjs/common';
import { Random } from '../common/random/random';
import { Clock } from '../common/time/clock';
import { type Tx, UnitOfWork } from '../database/unit-of-work';
import { inBatches } from '../database/in-batches';
import { type MailComposer, MailComposers } from './mail-composers';
import type { MailStatus } from './mail-status';
import { MailQueue } from './mail.queue';
import type { OutboxMail } from './outbox-mail.entity';
import { OutboxRepository } from './outbox.repository';
import type { MailKind } from './templates/mail-kind';

const BATCH = 500;

export interface OwedMail {
  readonly kind: MailKind;
  readonly to: string;
  readonly userId: string | null;
  readonly locale: string;
  /** Never a secret: this is stored. */
  readonly values: Readonly<Record<string, string>>;
}

interface Recipient {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly locale: string;
}

/** Whoever only says that an address is theirs has no claim to the mails it got. */
interface Addressee extends Pick<Recipient, 'id' | 'email'> {
  readonly emailVerifiedAt: Date | null;
}

/** Where features leave mails. Sending is the processor's. */
@Injectable()
export class MailService {
  private readonly logger = new Logger(MailService.name);

  constructor(
    private readonly outbox: OutboxRepository,
    private readonly composers: MailComposers,
    private readonly queue: MailQueue,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Makes `composer` the one that says what mails of this kind hold, when they are sent. */
  composes(kind: MailKind, composer: MailComposer): void {
    this.composers.register(kind, composer);
  }

  /** Owes a mail exactly if `tx` commits; it is then sent at least once, whatever dies meanwhile. */
  async owe(tx: Tx, mail: OwedMail): Promise<void> {
    const id = this.random.id();
    await this.outbox.insert(tx, {
      id,
      kind: mail.kind,
      recipient: mail.to,
      userId: mail.userId,
      locale: mail.locale,
      values: mail.values,
      createdAt: this.clock.now(),
      attempts: 0,
      leasedUntil: null,
      sentAt: null,
      failedAt: null,
      lastError: null,
    });
    this.nudgeAfter(tx, { id, kind: mail.kind });
  }

  /** As `owe`, to the owner of an account at its address. Somebody without one is owed nothing. */
  async oweTo(
    tx: Tx,
    kind: MailKind,
    account: Recipient,
    values: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { id: userId, username, email: to, locale } = account;
    if (to) await this.owe(tx, { kind, to, userId, locale, values: { username, ...values } });
  }

  /** As `owe`, to an address that may be nobody's: the composer finds out when the mail is sent. */
  oweToAddress(tx: Tx, kind: MailKind, to: string): Promise<void> {
    return this.owe(tx, { kind, to, userId: null, locale: 'en', values: {} });
  }

  /**
   * As `owe`, a mail that was given up, with all its attempts anew: for one of N concurrent callers,
   * null for the rest and where nothing was given up.
   */
  async oweAgain(tx: Tx, id: string): Promise<OutboxMail | null> {
    const mail = await this.outbox.reopen(tx, id);
    if (mail) this.nudgeAfter(tx, mail);
    return mail;
  }

  /** Newest first, from behind `after` on; of any status unless one is given. */
  list(status: MailStatus | undefined, after: string | null, most: number): Promise<OutboxMail[]> {
    return this.outbox.list(status, after, most);
  }

  exists(id: string): Promise<boolean> {
    return this.outbox.exists(id);
  }

  /** Every mail to a user, and to their verified address and no other user, oldest first. */
  historyOf(account: Addressee): AsyncGenerator<OutboxMail> {
    return inBatches(BATCH, (after, most) =>
      this.outbox.listAbout(account.id, provenAddressOf(account), after?.id ?? null, most),
    );
  }

  /**
   * Every mail that `historyOf` tells of is gone, owed or sent, but for what former addresses are
   * owed of the change: that is still sent, and then gone.
   */
  async forget(tx: Tx, account: Addressee): Promise<void> {
    await this.outbox.detachNotices(tx, account.id, account.email);
    await this.outbox.deleteAbout(tx, account.id, provenAddressOf(account));
  }

  /** How many mails are owed and not sent, and not given up on. */
  countUnsent(): Promise<number> {
    return this.outbox.countUnsent();
  }

  /** For how many seconds the oldest of these is owed; 0 where there is none. */
  async oldestUnsentSeconds(): Promise<number> {
    const oldest = await this.outbox.findOldestUnsent();
    return oldest ? (this.clock.now().getTime() - oldest.getTime()) / 1000 : 0;
  }

  /** How many mails were given up on and kept. */
  countFailed(): Promise<number> {
    return this.outbox.countFailed();
  }

  /** Not awaited by the request: if the queue is slow or down, the sweeper finds the row. */
  private nudgeAfter(tx: Tx, { id: mailId, kind }: Pick<OutboxMail, 'id' | 'kind'>): void {
    this.unitOfWork.afterCommit(tx, async () => {
      const requestId = this.unitOfWork.requestOf(tx);
      this.logger.log({ msg: 'mail owed', requestId, mailId, kind });
      this.queue.add([mailId]).catch((err: unknown) => {
        this.logger.warn({ msg: 'mail left to the sweeper', requestId, mailId, err });
      });
    });
  }
}

const provenAddressOf = ({ email, emailVerifiedAt }: Addressee): string | null =>
  emailVerifiedAt && email;
