import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Tx } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { OutboxMail } from '../../mail/outbox-mail.entity';
import type { MailContent } from '../../mail/templates/mail-kind';
import { digestOf } from '../../tokens/tokens.service';
import type { Account } from '../../users/account';
import { UsersService } from '../../users/users.service';
import { MailLinks } from '../mail-links';

/** Lets somebody for whom an account was made choose its password, and prove its address by it. */
@Injectable()
export class InvitationService implements OnModuleInit {
  constructor(
    private readonly users: UsersService,
    private readonly mail: MailService,
    private readonly links: MailLinks,
  ) {}

  onModuleInit(): void {
    this.mail.composes('invitation', (mail) => this.compose(mail));
  }

  /** Owes the owner of an account without a password a link that sets one. */
  invite(tx: Tx, account: Account): Promise<void> {
    return this.mail.oweTo(tx, 'invitation', account);
  }

  /** The link is that of a password reset. Not sent to an address that the account has left. */
  private async compose(mail: Readonly<OutboxMail>): Promise<MailContent | null> {
    const account = mail.userId ? await this.users.findById(mail.userId) : null;
    if (!account?.isActive || account.passwordHash || account.email !== mail.recipient) return null;
    const claims = { sub: account.id, bound: digestOf(account.securityStamp) };
    return this.links.contentFor('password_reset', account, claims);
  }
}
