import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config';

export type LinkPage = 'verify-email' | 'reset-password' | 'confirm-email-change';

/** Where the links in mails lead, as `EMAIL_LINKS` says. */
@Injectable()
export class MailLinks {
  constructor(private readonly config: AppConfig) {}

  to(page: LinkPage, linkToken: string): string {
    const { backendUrl, frontendUrl, emailLinks } = this.config.addresses;
    const query = `?token=${encodeURIComponent(linkToken)}`;
    if (emailLinks === 'direct' && page === 'verify-email')
      return `${backendUrl}/auth/verify-email${query}`;
    return `${emailLinks === 'frontend' ? frontendUrl : backendUrl}/pages/${page}${query}`;
  }
}
