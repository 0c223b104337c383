import { Injectable } from '@nestjs/common';
import type { OutboxMail } from './outbox-mail.entity';
import type { MailContent, MailKind } from './templates/mail-kind';

/** Makes the content at the moment of sending; null if the mail is no longer owed to anybody. */
export type MailComposer = (mail: Readonly<OutboxMail>) => Promise<MailContent | null>;

/**
 * The features' say in what a mail holds: a flow that owes mails with links registers how to make
 * the link, so that no token lies in outbox or queue and mail need not know the flows.
 */
@Injectable()
export class MailComposers {
  private readonly composers = new Map<MailKind, MailComposer>();

  register(kind: MailKind, composer: MailComposer): void {
    if (this.composers.has(kind)) throw new Error(`${kind} has a composer already`);
    this.composers.set(kind, composer);
  }

  /** A kind that nobody registered needs no link: its values are its content. */
  async compose(mail: Readonly<OutboxMail>): Promise<MailContent | null> {
    const { username = '', ...values } = mail.values;
    return this.composers.get(mail.kind)?.(mail) ?? { username, values };
  }
}
