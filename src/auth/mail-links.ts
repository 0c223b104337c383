import { Injectable } from '@nestjs/common';
import { Clock } from '../common/time/clock';
import { AppConfig } from '../config/app-config';
import { humanDuration } from '../mail/templates/human-duration';
import type { MailContent } from '../mail/templates/mail-kind';
import type { TokenClaims } from '../tokens/token-claims';
import { TokensService } from '../tokens/tokens.service';
import type { Account } from '../users/account';

type LinkType = 'email_verification' | 'password_reset' | 'email_change';

const PAGES = {
  email_verification: 'verify-email',
  password_reset: 'reset-password',
  email_change: 'confirm-email-change',
} as const satisfies Record<LinkType, string>;

/** Makes the links in mails: a token of their type, and where they lead as `EMAIL_LINKS` says. */
@Injectable()
export class MailLinks {
  constructor(
    private readonly tokens: TokensService,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** The content of a mail whose button is a fresh link, good from now for as long as its type is. */
  contentFor<T extends LinkType>(
    type: T,
    { username, locale }: Pick<Account, 'username' | 'locale'>,
    claims: TokenClaims[T],
    values: Readonly<Record<string, string>> = {},
  ): MailContent {
    const seconds = this.secondsOf(type);
    const linkToken = this.tokens.issue(type, claims, { expiresAt: this.clock.inSeconds(seconds) });
    return {
      username,
      locale,
      actionUrl: this.urlOf(type, linkToken),
      values: { ...values, expires_in: humanDuration(seconds, locale) },
    };
  }

  private secondsOf(type: LinkType): number {
    const { emailVerificationSeconds, passwordResetSeconds, emailChangeSeconds } =
      this.config.tokens;
    return {
      email_verification: emailVerificationSeconds,
      password_reset: passwordResetSeconds,
      email_change: emailChangeSeconds,
    }[type];
  }

  private urlOf(type: LinkType, linkToken: string): string {
    const { backendUrl, frontendUrl, emailLinks } = this.config.addresses;
    const query = `?token=${encodeURIComponent(linkToken)}`;
    if (emailLinks === 'direct' && type === 'email_verification')
      return `${backendUrl}/auth/verify-email${query}`;
    return `${emailLinks === 'frontend' ? frontendUrl : backendUrl}/pages/${PAGES[type]}${query}`;
  }
}
