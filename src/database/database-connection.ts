import type { ClientConfig } from 'pg';

/** Where a database is, in the words of `pg`. */
export type DatabaseAddress = Readonly<
  Pick<ClientConfig, 'connectionString' | 'host' | 'port' | 'ssl' | 'user' | 'database'>
>;

/** How the database is reached; shared by TypeORM, the queue and the limits. */
export abstract class DatabaseConnection {
  abstract readonly options: DatabaseAddress;
  /**
   * True where `options` lead to a PgBouncer in transaction mode: one query's session is not the
   * next one's, so whatever belongs to a session (settings, prepared statements, locks outside of a
   * transaction, notifications) is lost or, worse, somebody else's.
   */
  abstract readonly isPooled?: boolean;
  /** Past the PgBouncer, if there is a way. */
  abstract readonly direct?: DatabaseAddress;
  /** A copy that lags behind. */
  abstract readonly replica?: DatabaseAddress;
}

/** The connection for what needs a session, as far as there is one. */
export const directly = ({ options, direct, isPooled }: DatabaseConnection): DatabaseConnection =>
  direct ? { options: direct } : { options, isPooled };
