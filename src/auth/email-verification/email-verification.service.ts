import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { RateLimits } from '../../limits/rate-limits';
import { MailService } from '../../mail/mail.service';
import type { MailContent } from '../../mail/templates/mail-kind';
import { digestOf, isDigestOf, TokensService } from '../../tokens/tokens.service';
import { UsersService } from '../../users/users.service';
import { InvalidLinkTokenError } from '../auth.errors';
import { MailLinks } from '../mail-links';

export type Verification = 'verified' | 'already-verified';

@Injectable()
export class EmailVerificationService implements OnModuleInit {
  constructor(
    private readonly users: UsersService,
    private readonly tokens: TokensService,
    private readonly mail: MailService,
    private readonly links: MailLinks,
    private readonly audit: AuditService,
    private readonly limits: RateLimits,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  onModuleInit(): void {
    this.mail.composes('email_verification', (mail) => this.compose(mail.recipient));
  }

  /**
   * Owes a mail to the address without looking whether anybody has it: the same work, answer and
   * time for a known and an unknown one. Who it is for is found out when it is sent.
   * @throws RateLimitedError
   */
  async request(email: string, client: Client): Promise<void> {
    await this.limits.mail('verification', email, client);
    await this.unitOfWork.run((tx) => {
      this.unitOfWork.attribute(tx, client.requestId);
      return this.mail.oweToAddress(tx, 'email_verification', email);
    });
  }

  /**
   * Of N concurrent callers with one token, one verifies; the rest, then and later, hear that it
   * is done. A token for an address that is no longer the account's, or for a disabled account, is
   * refused.
   * @throws InvalidLinkTokenError
   */
  async confirm(linkToken: string, client: Client): Promise<Verification> {
    const claims = this.tokens.verify('email_verification', linkToken);
    const account = claims && (await this.users.findById(claims.sub));
    if (!account?.isActive || !account.email || !isDigestOf(claims!.bound, account.email))
      throw new InvalidLinkTokenError();
    const { id, email } = account;
    const verified = await this.unitOfWork.run(async (tx) => {
      if (!(await this.users.markEmailVerified(tx, id, email))) return false;
      await this.audit.recordOwn(tx, 'email_verified', id, client);
      return true;
    });
    return verified ? 'verified' : 'already-verified';
  }

  private async compose(email: string): Promise<MailContent | null> {
    const account = await this.users.findByEmail(email);
    if (!account?.isActive || account.emailVerifiedAt) return null;
    const claims = { sub: account.id, bound: digestOf(account.email!) };
    return this.links.contentFor('email_verification', account, claims);
  }
}
