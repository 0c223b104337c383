import { Injectable } from '@nestjs/common';
import type { ClientBase, Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { DatabaseConnection } from './database-connection';
import type { Tx } from './unit-of-work';

export interface PreparedStatement {
  /** Unique in the service: Postgres keeps one plan by this name a connection. */
  readonly name: string;
  readonly text: string;
}

/**
 * Runs a statement that Postgres plans once a connection, on the connections that TypeORM already
 * has, without TypeORM's own cost: for what requests and sign-ins do again and again. Behind a
 * PgBouncer it is planned each time: its name would be known to one server connection and not to
 * the next.
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

  /** As `run`, as part of a transaction. */
  async runIn<R extends QueryResultRow>(
    tx: Tx,
    statement: PreparedStatement,
    values: readonly unknown[],
  ): Promise<R[]> {
    const connection = (await tx.queryRunner!.connect()) as ClientBase;
    const { rows } = await connection.query<R>(this.named({ ...statement, values: [...values] }));
    return rows;
  }

  /** As `pg` has it, for a library that takes a pool. */
  query<R extends QueryResultRow>(query: QueryConfig): Promise<QueryResult<R>> {
    return this.pool.query<R>(this.named(query));
  }

  private named({ name, ...unnamed }: QueryConfig): QueryConfig {
    return this.isPooled ? unnamed : { name, ...unnamed };
  }
}
