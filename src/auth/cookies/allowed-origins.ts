import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppConfig } from '../../config/app-config';
import { OriginNotAllowedError } from './cookies.errors';

/** What Sec-Fetch-Site says of a page of our own origin, and of no page at all. */
const OWN_SITE = new Set<unknown>(['same-origin', 'none']);

/** Which pages may use cookies: our own and those of ALLOWED_ORIGINS. */
@Injectable()
export class AllowedOrigins {
  private readonly origins: ReadonlySet<string>;

  constructor({ addresses }: AppConfig) {
    this.origins = new Set([new URL(addresses.backendUrl).origin, ...addresses.allowedOrigins]);
  }

  /**
   * Passes what comes from an allowed page or from no browser. Browsers send Origin with whatever
   * changes state, and `null` where it is hidden; one that leaves it out still tells
   * Sec-Fetch-Site, in which a sibling domain is as foreign as any other.
   * @throws OriginNotAllowedError
   */
  demand({ headers }: Pick<FastifyRequest, 'headers'>): void {
    const { origin, 'sec-fetch-site': site } = headers;
    const isAllowed =
      origin === undefined ? site === undefined || OWN_SITE.has(site) : this.origins.has(origin);
    if (!isAllowed) throw new OriginNotAllowedError();
  }
}
