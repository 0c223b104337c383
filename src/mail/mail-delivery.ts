import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../common/time/clock';
import { UnitOfWork } from '../database/unit-of-work';
import { Telemetry } from '../telemetry/telemetry';
import { MailComposers } from './mail-composers';
import { RetryPolicy } from './mail.queue';
import { MailTransport, PermanentMailError } from './message';
import type { OutboxMail } from './outbox-mail.entity';
import { OutboxRepository } from './outbox.repository';
import { MAIL_VALUES } from './templates/mail-kind';
import { MailRenderer } from './templates/mail-renderer';

/** Longer than any transport may take, so that nobody else takes a mail that is being sent. */
const LEASE_SECONDS = 60;

/**
 * Sends one owed mail: at least once, and twice only if it cannot be marked once it was sent, or if
 * the answer of a server that took it is lost.
 */
@Injectable()
export class MailDelivery implements OnApplicationShutdown {
  private readonly logger = new Logger(MailDelivery.name);

  constructor(
    private readonly outbox: OutboxRepository,
    private readonly composers: MailComposers,
    private readonly renderer: MailRenderer,
    private readonly transport: MailTransport,
    private readonly retry: RetryPolicy,
    private readonly unitOfWork: UnitOfWork,
    private readonly telemetry: Telemetry,
    private readonly clock: Clock,
  ) {
    telemetry.expect({ mailKinds: Object.keys(MAIL_VALUES) });
  }

  /** @throws the transport's error where the mail should be tried again */
  async deliver(id: string): Promise<void> {
    const leasedUntil = this.clock.inSeconds(LEASE_SECONDS);
    const mail = await this.unitOfWork.run((tx) =>
      this.outbox.claim(tx, id, this.clock.now(), leasedUntil),
    );
    if (!mail) return;
    try {
      if (!(await this.send(mail))) return;
    } catch (error) {
      return this.handleFailure(mail, error as Error);
    }
    // Outside the `try`: a mail that went out has not failed, whatever becomes of the mark.
    await this.unitOfWork.run((tx) => this.outbox.markSent(tx, mail, this.clock.now()));
    this.telemetry.mail('sent', mail.kind);
    this.logger.log({ msg: 'mail sent', mailId: mail.id, kind: mail.kind });
  }

  /** Lets go of the mail server. A mail that is being sent at the moment fails, and stays owed. */
  async hangUp(): Promise<void> {
    await this.transport.close?.();
  }

  /** By now the worker has finished its mails: `MailProcessor` waits for them before shutdown. */
  async onApplicationShutdown(): Promise<void> {
    await this.hangUp();
  }

  /** False if the mail is owed to nobody any more. */
  private async send(mail: OutboxMail): Promise<boolean> {
    const content = await this.composers.compose(mail);
    if (!content) {
      await this.unitOfWork.run((tx) => this.outbox.discard(tx, mail.id));
      this.telemetry.mail('forgotten', mail.kind);
      return false;
    }
    const rendered = this.renderer.render(mail.kind, content.locale ?? mail.locale, content);
    await this.transport.send({ id: mail.id, to: mail.recipient, ...rendered });
    return true;
  }

  private async handleFailure(mail: OutboxMail, error: Error): Promise<void> {
    const isFinal = error instanceof PermanentMailError || mail.attempts >= this.retry.attempts;
    const { id, kind, attempts } = mail;
    await this.unitOfWork.run((tx) =>
      isFinal
        ? this.outbox.markFailed(tx, mail, this.clock.now(), error.message)
        : this.outbox.release(tx, mail, error.message),
    );
    this.telemetry.mail(isFinal ? 'failed' : 'retried', kind);
    // Not the message: a mail server's answer may repeat the address.
    this.logger.warn({
      msg: 'mail not sent',
      mailId: id,
      kind,
      attempts,
      isFinal,
      error: error.name,
    });
    if (!isFinal) throw error;
  }
}
