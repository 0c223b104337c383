import type { AppConfig } from '../config/app-config';
import type { DatabaseConnection } from './database-connection';
import { startEmbeddedPostgres } from './embedded-postgres';

export interface OpenDatabase {
  readonly connection: DatabaseConnection;
  /** What to tell people about where their data is. */
  readonly description: string;
  /** To be called after the last connection has been closed. */
  release(): void;
}

/** The database that the configuration names, or the embedded Postgres, started if need be. */
export async function openDatabase(config: AppConfig): Promise<OpenDatabase> {
  const { url, directUrl, replicaUrl, isPooled } = config.database;
  if (url) {
    const { host, pathname } = new URL(url);
    return {
      connection: {
        options: { connectionString: url },
        isPooled,
        ...(directUrl !== null && { direct: { connectionString: directUrl } }),
        ...(replicaUrl !== null && { replica: { connectionString: replicaUrl } }),
      },
      description: `Postgres at ${host}${pathname}`,
      release: () => {},
    };
  }
  const embedded = await startEmbeddedPostgres(config.process.dataDir);
  const { host, user, database } = embedded;
  return {
    // Port and TLS said outright, or PGPORT and PGSSLMODE in the environment would speak for them.
    connection: { options: { host, port: 5432, ssl: false, user, database } },
    description: `embedded Postgres in ${embedded.dataDirectory}`,
    release: () => embedded.release(),
  };
}
