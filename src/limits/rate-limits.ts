import { Injectable } from '@nestjs/common';
import type { Client } from '../common/http/client';
import type { Count } from '../common/http/rate-limit-headers';
import { AppConfig } from '../config/app-config';
import type { Tx } from '../database/unit-of-work';
import { Telemetry } from '../telemetry/telemetry';
import { networkOf } from './client-network';
import type { EstimatedCounter } from './estimated-counter';
import { isOver, type LimitCounter } from './limit-counter';
import { LimitStore } from './limit-store';
import { RateLimitedError } from './limits.errors';

const REFRESH_SHARES = 10;

/**
 * Limits on what costs somebody else something: accounts, mails, refreshes. Counted where all
 * processes see it; if that is down, accounts and mails are not limited.
 */
@Injectable()
export class RateLimits {
  private readonly counters: Readonly<Record<'register' | 'mail', LimitCounter>>;
  private readonly refreshes: EstimatedCounter;

  constructor(
    private readonly config: AppConfig,
    private readonly telemetry: Telemetry,
    store: LimitStore,
  ) {
    const { register, mail, refresh } = config.limits;
    this.counters = {
      register: store.counter({ name: 'register', limit: register, whenDown: 'open' }),
      mail: store.counter({ name: 'mail', limit: mail, whenDown: 'open' }),
    };
    this.refreshes = store.estimated({ name: 'refresh', limit: refresh, shares: REFRESH_SHARES });
  }

  /** One more account from this address. @throws RateLimitedError */
  registration(client: Client): Promise<void> {
    return this.demand('register', networkOf(client.ip), client);
  }

  /** One more mail of this kind to this address. @throws RateLimitedError */
  mail(kind: string, address: string, client: Client): Promise<void> {
    return this.demand('mail', `${kind}\n${address}`, client);
  }

  /** One more refresh of this session, from wherever. @throws RateLimitedError */
  refresh(sessionId: string, client: Client): void {
    if (this.config.limits.enabled) this.judge(this.refreshes.add(sessionId), client);
  }

  /** Deletes at most so many counts that ended before, and says how many. */
  async purge(tx: Tx, before: Date, most: number): Promise<number> {
    const [, deleted] = await tx.query<[unknown, number]>(
      `DELETE FROM rate_limits WHERE key = ANY(ARRAY(
         SELECT key FROM rate_limits WHERE expire < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [before.getTime(), most],
    );
    return deleted;
  }

  private async demand(name: 'register' | 'mail', about: string, client: Client): Promise<void> {
    if (this.config.limits.enabled) this.judge(await this.counters[name].add(about), client);
  }

  private judge(count: Count, { counts }: Client): void {
    if (count.used > 0) counts.push(count);
    if (!isOver(count)) return;
    this.telemetry.rateLimited(count.name);
    throw new RateLimitedError(count.secondsLeft);
  }
}
