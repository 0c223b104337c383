import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';

export interface PoolUse {
  /** Connections that are open. */
  readonly open: number;
  /** Of these, how many nobody uses. */
  readonly idle: number;
  /** Callers that wait until one is free. */
  readonly waiting: number;
}

/** The connections that this process keeps for requests and mails; those of the queue are its own. */
@Injectable()
export class ConnectionPool {
  private readonly pool: Pool;

  constructor(dataSource: DataSource) {
    this.pool = (dataSource.driver as PostgresDriver).master as Pool;
  }

  use(): PoolUse {
    const { totalCount: open, idleCount: idle, waitingCount: waiting } = this.pool;
    return { open, idle, waiting };
  }
}
