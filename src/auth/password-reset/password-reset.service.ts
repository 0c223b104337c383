import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { RateLimits } from '../../limits/rate-limits';
import { MailService } from '../../mail/mail.service';
import type { MailContent } from '../../mail/templates/mail-kind';
import { digestOf, isDigestOf, TokensService } from '../../tokens/tokens.service';
import type { Account } from '../../users/account';
import { UsersService } from '../../users/users.service';
import { InvalidLinkTokenError } from '../auth.errors';
import { IdentitiesService } from '../identities/identities.service';
import { MailLinks } from '../mail-links';
import { NewPasswords } from '../passwords/new-passwords';

@Injectable()
export class PasswordResetService implements OnModuleInit {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: NewPasswords,
    private readonly tokens: TokensService,
    private readonly mail: MailService,
    private readonly links: MailLinks,
    private readonly audit: AuditService,
    private readonly limits: RateLimits,
    private readonly unitOfWork: UnitOfWork,
    private readonly identities: IdentitiesService,
  ) {}

  onModuleInit(): void {
    this.mail.composes('password_reset', (mail) => this.compose(mail.recipient));
  }

  /**
   * Owes a mail to the address without looking whether anybody has it: the same work, answer and
   * time for a known and an unknown one. Who it is for is found out when it is sent.
   * @throws RateLimitedError
   */
  async request(email: string, client: Client): Promise<void> {
    await this.limits.mail('password reset', email, client);
    await this.unitOfWork.run((tx) => {
      this.unitOfWork.attribute(tx, client.requestId);
      return this.mail.oweToAddress(tx, 'password_reset', email);
    });
  }

  /** Whether this link would still be taken; changes nothing. */
  async isGood(linkToken: string): Promise<boolean> {
    return (await this.holderOf(linkToken)) !== null;
  }

  /**
   * Sets the password, ends every session and every other link, and counts the address as
   * verified: the link was read there. If it never was before, what was linked to the account goes
   * too. Of N concurrent callers with one token, one succeeds.
   * @throws InvalidLinkTokenError, WeakPasswordError
   */
  async confirm(linkToken: string, newPassword: string, client: Client): Promise<void> {
    const account = await this.holderOf(linkToken);
    if (!account) throw new InvalidLinkTokenError();
    const passwordHash = await this.passwords.hash(newPassword, account, '/new_password');
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.users.setPassword(tx, account, passwordHash, { provesEmail: true })))
        throw new InvalidLinkTokenError();
      // Whoever signed up with somebody else's address must not keep a way in (pre-hijacking).
      const unlinked = account.emailVerifiedAt
        ? 0
        : await this.identities.removeAll(tx, account.id);
      await this.audit.recordOwn(tx, 'password_reset', account.id, client, { unlinked });
      await this.mail.oweTo(tx, 'password_changed', account, { ip: client.ip });
    });
  }

  private async holderOf(linkToken: string): Promise<Account | null> {
    const claims = this.tokens.verify('password_reset', linkToken);
    const account = claims && (await this.users.findById(claims.sub));
    if (!account?.email || !account.isActive) return null;
    if (!isDigestOf(claims!.bound, account.securityStamp)) return null;
    return account;
  }

  private async compose(email: string): Promise<MailContent | null> {
    const account = await this.users.findByEmail(email);
    if (!account?.isActive) return null;
    const claims = { sub: account.id, bound: digestOf(account.securityStamp) };
    return this.links.contentFor('password_reset', account, claims);
  }
}
