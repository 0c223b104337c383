import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres';
import { until } from '../../test/support/until';
import { dataSourceOptions } from '../data-source';
import { isDatabaseUnavailable } from './pg-errors';
import { type Tx, UnitOfWork } from './unit-of-work';

describe('a transaction whose connection is lost between two statements', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let unitOfWork: UnitOfWork;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase();
    dataSource = await new DataSource(dataSourceOptions(database.connection, 4)).initialize();
    unitOfWork = new UnitOfWork(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  async function cut(tx: Tx): Promise<void> {
    const [{ pid }] = await tx.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
    await dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
    await until(() => tx.queryRunner!.isReleased);
  }

  const nextSteps: Record<string, (tx: Tx) => Promise<unknown>> = {
    'a statement': (tx) => tx.query('SELECT 1'),
    'a statement that is built': (tx) =>
      tx.createQueryBuilder().from('users', 'u').select('1').getRawMany(),
    'the commit': async () => null,
  };

  it.each(Object.entries(nextSteps))('is seen as such by %s', async (_, next) => {
    const failing = unitOfWork.run(async (tx) => {
      await cut(tx);
      return next(tx);
    });
    const error = await failing.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(isDatabaseUnavailable(error)).toBe(true);
  });
});
