import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../../config/app-config';
import type { Tx } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { OutboxMail } from '../../mail/outbox-mail.entity';
import { humanTime } from '../../mail/templates/human-time';
import type { MailContent } from '../../mail/templates/mail-kind';
import type { Account } from '../../users/account';

export type Addressee = Pick<Account, 'id' | 'username' | 'email' | 'emailVerifiedAt' | 'locale'>;

export interface Circumstances {
  readonly device: string;
  readonly ip: string;
  /** Of signing in, as people know it. */
  readonly methodName: string;
}

/** Tells people of sign-ins from devices that are new to their account: it may not have been them. */
@Injectable()
export class NewSignInMail implements OnModuleInit {
  constructor(
    private readonly mail: MailService,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.mail.composes('new_sign_in', async (mail) => contentOf(mail));
  }

  /** To a verified address only: an account can be opened with somebody else's. */
  async owe(tx: Tx, account: Addressee, circumstances: Circumstances): Promise<void> {
    if (!this.config.signIn.mailsNewSignIns || !account.emailVerifiedAt) return;
    const { device, ip, methodName } = circumstances;
    await this.mail.oweTo(tx, 'new_sign_in', account, { device, ip, signed_in_with: methodName });
  }
}

function contentOf({ values, createdAt, locale }: Readonly<OutboxMail>): MailContent {
  const { username = '', ...circumstances } = values;
  return { username, values: { ...circumstances, time: humanTime(createdAt, locale) } };
}
