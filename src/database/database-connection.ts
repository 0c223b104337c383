import type { ClientConfig } from 'pg';

/** Where the database is, in the words of `pg`; shared by TypeORM, the queue and the limits. */
export abstract class DatabaseConnection {
  abstract readonly options: Readonly<
    Pick<ClientConfig, 'connectionString' | 'host' | 'port' | 'ssl' | 'user' | 'database'>
  >;
}
