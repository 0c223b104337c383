import type { DataSource } from 'typeorm';

export interface SchemaChanges {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** The SQL that would bring the database to what the entities say; none if they agree. */
export async function schemaDrift(dataSource: DataSource): Promise<SchemaChanges> {
  const changes = await dataSource.driver.createSchemaBuilder().log();
  return {
    up: changes.upQueries.map(({ query }) => query),
    down: changes.downQueries.map(({ query }) => query).toReversed(),
  };
}
