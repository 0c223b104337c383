import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { InvalidAccessTokenError } from '../../common/access/access.errors';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { RateLimits } from '../../limits/rate-limits';
import { MailService } from '../../mail/mail.service';
import type { OutboxMail } from '../../mail/outbox-mail.entity';
import type { MailContent } from '../../mail/templates/mail-kind';
import type { VerifiedToken } from '../../tokens/token-claims';
import { digestOf, isDigestOf, TokensService } from '../../tokens/tokens.service';
import type { Account, SignedInUser } from '../../users/account';
import { UsersService } from '../../users/users.service';
import { EmailUnchangedError, InvalidLinkTokenError } from '../auth.errors';
import { MailLinks } from '../mail-links';
import { PasswordProof } from '../passwords/password-proof';
import { SessionsService } from '../sessions/sessions.service';

@Injectable()
export class EmailChangeService implements OnModuleInit {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly proof: PasswordProof,
    private readonly tokens: TokensService,
    private readonly mail: MailService,
    private readonly links: MailLinks,
    private readonly audit: AuditService,
    private readonly limits: RateLimits,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  onModuleInit(): void {
    this.mail.composes('email_change_confirm', (mail) => this.compose(mail));
  }

  /**
   * Owes a link to the new address and a notice to the old one. Whether the new one is taken is
   * told only to whoever can read its mail.
   * @throws WrongPasswordError, EmailUnchangedError, RateLimitedError, InvalidAccessTokenError
   */
  async request(
    { account, sessionId }: SignedInUser,
    newEmail: string,
    password: string,
    client: Client,
  ): Promise<void> {
    await this.proof.demand(account, password, client);
    if (newEmail === account.email) throw new EmailUnchangedError();
    await this.limits.mail('email change', newEmail, client);
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.users.hold(tx, account.id))) throw new InvalidAccessTokenError();
      await this.mail.oweTo(
        tx,
        'email_change_confirm',
        { ...account, email: newEmail },
        { session_id: sessionId, bound: digestOf(account.securityStamp) },
      );
      await this.mail.oweTo(tx, 'email_change_notice', account, { new_email: newEmail });
      await this.audit.recordOwn(tx, 'email_change_requested', account.id, client);
    });
  }

  /** Whether this link would still be taken; changes nothing. */
  async isGood(linkToken: string): Promise<boolean> {
    return (await this.holderOf(linkToken)) !== null;
  }

  /**
   * Moves the account to the new address and ends every session but the one that asked. Of N
   * concurrent callers with one token, one succeeds.
   * @throws InvalidLinkTokenError, EmailTakenError
   */
  async confirm(linkToken: string, client: Client): Promise<void> {
    const holder = await this.holderOf(linkToken);
    if (!holder) throw new InvalidLinkTokenError();
    const { account, claims } = holder;
    await this.unitOfWork.run(async (tx) => {
      const stamp = await this.users.setEmail(tx, account, claims.email);
      if (!stamp) throw new InvalidLinkTokenError();
      await this.sessions.keep(tx, claims.sid, account.securityStamp, stamp);
      await this.mail.oweTo(tx, 'email_changed', account, { new_email: claims.email });
      await this.audit.recordOwn(tx, 'email_changed', account.id, client);
    });
  }

  private async holderOf(
    linkToken: string,
  ): Promise<{ account: Account; claims: VerifiedToken<'email_change'> } | null> {
    const claims = this.tokens.verify('email_change', linkToken);
    const account = claims && (await this.users.findById(claims.sub));
    if (!account?.isActive || !isDigestOf(claims!.bound, account.securityStamp)) return null;
    return { account, claims: claims! };
  }

  /** Bound to the stamp at the time of asking: a link that has been overtaken is not sent. */
  private async compose(mail: Readonly<OutboxMail>): Promise<MailContent | null> {
    const { session_id: sid = '', bound = '' } = mail.values;
    const account = mail.userId ? await this.users.findById(mail.userId) : null;
    if (!account?.isActive || !isDigestOf(bound, account.securityStamp)) return null;
    const claims = { sub: account.id, sid, email: mail.recipient, bound };
    return this.links.contentFor('email_change', account, claims, {
      new_email: mail.recipient,
    });
  }
}
