import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../data-source';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres';
import { type Tx, UnitOfWork } from './unit-of-work';

const increment = (tx: Tx, id: string): Promise<unknown> =>
  tx.query('UPDATE counters SET count = count + 1 WHERE id = $1', [id]);

describe('UnitOfWork', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let unitOfWork: UnitOfWork;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase();
    dataSource = await new DataSource(dataSourceOptions(database.connection, 4)).initialize();
    unitOfWork = new UnitOfWork(dataSource);
    await dataSource.query('CREATE TABLE counters (id text PRIMARY KEY, count int NOT NULL)');
  });
  beforeEach(() =>
    dataSource.query(`TRUNCATE counters; INSERT INTO counters VALUES ('a', 0), ('b', 0)`),
  );
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const counts = (): Promise<{ id: string; count: number }[]> =>
    dataSource.query('SELECT id, count FROM counters ORDER BY id');

  it('undoes all of a work that throws, and runs none of its hooks', async () => {
    const hook = jest.fn(async () => {});
    const failing = unitOfWork.run(async (tx) => {
      await increment(tx, 'a');
      unitOfWork.afterCommit(tx, hook);
      throw new Error('no');
    });

    await expect(failing).rejects.toThrow('no');
    expect(await counts()).toEqual([
      { id: 'a', count: 0 },
      { id: 'b', count: 0 },
    ]);
    expect(hook).not.toHaveBeenCalled();
  });

  it('runs the hooks after the commit, and answers although one fails', async () => {
    const seen: unknown[] = [];
    const answer = await unitOfWork.run(async (tx) => {
      await increment(tx, 'a');
      unitOfWork.afterCommit(tx, async () => Promise.reject(new Error('hook')));
      unitOfWork.afterCommit(tx, async () => void seen.push(...(await counts())));
      return 'done';
    });

    expect(answer).toBe('done');
    expect(seen).toContainEqual({ id: 'a', count: 1 });
  });

  it('runs again what a deadlock undid, and its hooks once', async () => {
    let arrived = 0;
    let bothHoldOne!: () => void;
    const meeting = new Promise<void>((resolve) => (bothHoldOne = resolve));
    let oneIsDone!: () => void;
    const success = new Promise<void>((resolve) => (oneIsDone = resolve));
    const hook = jest.fn(async () => {});
    const cross = (first: string, second: string) =>
      unitOfWork.run(async (tx) => {
        unitOfWork.afterCommit(tx, hook);
        // Coming again at once, it could be faster than the other one, and meet it again.
        if (arrived === 2) await success;
        await increment(tx, first);
        if (++arrived === 2) bothHoldOne();
        await meeting;
        await increment(tx, second);
      });
    await Promise.all([
      cross('a', 'b').then(() => oneIsDone()),
      cross('b', 'a').then(() => oneIsDone()),
    ]);

    expect(arrived).toBe(3);
    expect(await counts()).toEqual([
      { id: 'a', count: 2 },
      { id: 'b', count: 2 },
    ]);
    expect(hook).toHaveBeenCalledTimes(2);
  });

  it('runs up to five times what meets one deadlock after the other', async () => {
    let attempts = 0;
    const meeting = (deadlocks: number) => {
      attempts = 0;
      return unitOfWork.run(async (tx) => {
        await increment(tx, 'a');
        if (attempts++ < deadlocks)
          await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40P01'; END $$`);
      });
    };
    await meeting(4);
    expect([attempts, await counts()]).toEqual([
      5,
      [
        { id: 'a', count: 1 },
        { id: 'b', count: 0 },
      ],
    ]);
    await expect(meeting(5)).rejects.toThrow('again');
    expect(attempts).toBe(5);
  });
});
