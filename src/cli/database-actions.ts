import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { loadProcessConfig } from '../config/env';
import { dataSourceOptions } from '../data-source';
import { directly } from '../database/database-connection';
import { migrate } from '../database/migrate';
import { schemaDrift } from '../database/schema-drift';
import { renderMigration } from './migration-file';
import { withDatabase } from './open-service';
import { print } from './terminal';

export interface MigrateOptions {
  readonly revert?: true;
  readonly generate?: string;
}

export function listRoutes(): void {
  const { AppModule } = require('../app.module') as typeof import('../app.module');
  const { renderRoutes, routesOf } = require('../route-table') as typeof import('../route-table');
  print(renderRoutes(routesOf(AppModule.register(loadProcessConfig(), { options: {} }))));
}

export function runMigrate({ revert, generate }: MigrateOptions): Promise<void> {
  return withDatabase(loadProcessConfig(), async ({ connection }) => {
    const direct = directly(connection);
    const options = dataSourceOptions(direct, 2);
    const dataSource = await new DataSource(options).initialize();
    try {
      if (revert) return await dataSource.undoLastMigration({ transaction: 'each' });
      await migrate(direct, options);
      if (generate) await draftMigration(dataSource, generate);
    } finally {
      await dataSource.destroy();
    }
  });
}

async function draftMigration(dataSource: DataSource, name: string): Promise<void> {
  const changes = await schemaDrift(dataSource);
  if (changes.up.length === 0) return print('The migrations say all that the entities say.');
  const { fileName, source } = renderMigration(name, changes, new Date());
  await writeFile(join('migrations', fileName), source);
  print(`migrations/${fileName}: read it, name its constraints, and list it in data-source.ts.`);
}
