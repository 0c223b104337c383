import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { DataSource } from 'typeorm';
import { AppModule } from '../app.module';
import { loadProcessConfig } from '../config/env';
import { dataSourceOptions } from '../data-source';
import { migrate } from '../database/migrate';
import { openDatabase } from '../database/open-database';
import { schemaDrift } from '../database/schema-drift';
import { renderRoutes, routesOf } from '../route-table';
import { renderMigration } from './migration-file';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const program = new Command('gatehouse').description('Runs and looks after a Gatehouse.');

program
  .command('routes')
  .description('list every route with its access policy and rate limit')
  .action(() => {
    const module = AppModule.register(loadProcessConfig(), { options: {} });
    print(renderRoutes(routesOf(module)));
  });

program
  .command('migrate')
  .description('bring the database to the newest schema')
  .option('--revert', 'undo the newest migration instead')
  .option('--generate <name>', 'write what the entities say and the migrations do not, as a draft')
  .action(async (options: { revert?: true; generate?: string }) => {
    await withDataSource(async (dataSource, bringUpToDate) => {
      if (options.revert) return dataSource.undoLastMigration({ transaction: 'each' });
      await bringUpToDate();
      if (options.generate) await generate(dataSource, options.generate);
    });
  });

async function withDataSource(
  work: (dataSource: DataSource, bringUpToDate: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const database = await openDatabase(loadProcessConfig());
  const options = dataSourceOptions(database.connection, 2);
  const dataSource = await new DataSource(options).initialize();
  try {
    await work(dataSource, () => migrate(database.connection, options));
  } finally {
    await dataSource.destroy();
    database.release();
  }
}

async function generate(dataSource: DataSource, name: string): Promise<void> {
  const changes = await schemaDrift(dataSource);
  if (changes.up.length === 0) return print('The migrations say all that the entities say.');
  const { fileName, source } = renderMigration(name, changes, new Date());
  await writeFile(join('migrations', fileName), source);
  print(`migrations/${fileName}: read it, name its constraints, and list it in data-source.ts.`);
}

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
