import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type RateLimiterAbstract,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { AppConfig } from '../config/app-config';
import type { Tx } from '../database/unit-of-work';
import { RateLimitedError } from './limits.errors';
import type { LimitName } from './rate-limit.decorator';

/** Counts attempts in Postgres, so that any number of processes share one count. */
@Injectable()
export class RateLimits {
  private readonly limiters: Readonly<Record<LimitName, RateLimiterAbstract>>;

  constructor(
    private readonly config: AppConfig,
    dataSource: DataSource,
  ) {
    const limiter = (name: LimitName) =>
      new RateLimiterPostgres({
        storeClient: (dataSource.driver as PostgresDriver).master,
        storeType: 'pool',
        tableName: 'rate_limits',
        tableCreated: true,
        // By `purge`, a batch at a time.
        clearExpiredByTimeout: false,
        keyPrefix: name,
        points: config.limits[name].points,
        duration: config.limits[name].seconds,
      });
    this.limiters = {
      login: limiter('login'),
      register: limiter('register'),
      mail: limiter('mail'),
    };
  }

  /**
   * Counts one attempt against `limit` for whatever `about` names together. Stores only a digest.
   * @throws RateLimitedError with the seconds to wait
   */
  async consume(limit: LimitName, ...about: readonly string[]): Promise<void> {
    if (!this.config.limits.enabled) return;
    const key = createHash('sha256').update(about.join('\n')).digest('base64url');
    try {
      await this.limiters[limit].consume(key);
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes)
        throw new RateLimitedError(refusal.msBeforeNext / 1000);
      throw refusal;
    }
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
}
