import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { NowAndThen } from '../common/logging/now-and-then';
import type { Clock } from '../common/time/clock';
import type { DatabaseConnection } from './database-connection';
import { isDatabaseUnavailable } from './pg-errors';
import { CONNECT_TIMEOUT_MS, timeOuts } from './time-outs';

/** For lists that may be a little late. Never for who somebody is, or for what was just written. */
export abstract class ListReader {
  abstract query<T>(sql: string, values: unknown[]): Promise<T>;
}

/** Between two attempts at a replica that is away. */
const REST_SECONDS = 10;
/** It took too long, or somebody cancelled it: the primary would not be faster. */
const CANCELLED = '57014';

/**
 * Reads from the replica; what that cannot answer is asked of the primary, and a replica that is
 * away is left alone for a while, so that lists do not wait for it each time.
 */
export class ReplicaReader extends ListReader implements OnApplicationShutdown {
  private readonly logger = new Logger(ReplicaReader.name);
  private readonly pool: Pool;
  private readonly faults: NowAndThen;
  private restsUntil = new Date(0);

  constructor(
    { replica, isPooled }: DatabaseConnection,
    private readonly primary: DataSource,
    private readonly clock: Clock,
  ) {
    super();
    this.faults = new NowAndThen(clock, REST_SECONDS);
    this.pool = new Pool({
      ...replica,
      ...timeOuts(isPooled),
      max: (primary.options as { poolSize?: number }).poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'gatehouse',
    });
    this.pool.on('error', (error) => this.complain(error));
  }

  async query<T>(sql: string, values: unknown[]): Promise<T> {
    if (this.clock.now() >= this.restsUntil) {
      try {
        const { rows } = await this.pool.query(sql, values);
        return rows as T;
      } catch (error) {
        if ((error as { code?: string }).code === CANCELLED) throw error;
        if (isDatabaseUnavailable(error)) this.restsUntil = this.clock.inSeconds(REST_SECONDS);
        this.complain(error);
      }
    }
    return this.primary.query<T>(sql, values);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  private complain(err: unknown): void {
    this.faults.tell(() =>
      this.logger.warn({ msg: 'the replica does not answer, so the primary does', err }),
    );
  }
}
