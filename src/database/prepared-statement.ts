import { Injectable } from '@nestjs/common';
import type { Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { DatabaseConnection } from './database-connection';

export interface PreparedStatement {
  /** Unique in the service: Postgres keeps one plan by this name a connection. */
  readonly name: string;
  readonly text: string;
}

/**
 * Runs a statement that Postgres plans once a connection, on the pool that TypeORM already has,
 * without TypeORM's own cost: for the one query that every request makes. Behind a PgBouncer it is
 * planned each time: its name would be known to one server connection and not to the next.
 */
@Injectable()
export class PreparedStatements {
  private readonly pool: Pool;
  private readonly isPooled: boolean;

  constructor(dataSource: DataSource, { isPooled = false }: DatabaseConnection) {
    this.pool = (dataSource.driver as PostgresDriver).master as Pool;
    this.isPooled = isPooled;
  }

  async run<R extends QueryResultRow>(
    statement: PreparedStatement,
    values: readonly unknown[],
  ): Promise<R[]> {
    const { rows } = await this.query<R>({ ...statement, values: [...values] });
    return rows;
  }

  /** As `pg` has it, for a library that takes a pool. */
  query<R extends QueryResultRow>({ name, ...unnamed }: QueryConfig): Promise<QueryResult<R>> {
    return this.pool.query<R>(this.isPooled ? unnamed : { name, ...unnamed });
  }
}
