import { DataSource } from 'typeorm';
import type { TestApp } from './test-app';
import { until } from './until';

/** Rows or tables locked from outside, so that a test decides in which order requests meet there. */
export interface Standstill {
  /** Starts a request, and resolves once it waits for a lock: it comes after all that wait already. */
  queue<T>(request: () => Promise<T>): Promise<{ readonly answer: Promise<T> }>;
  /** Lets them go, in the order in which they came. */
  release(): Promise<void>;
}

/** Holds the locks that `statement` takes until `release`. */
export async function standstill(test: TestApp, statement: string): Promise<Standstill> {
  const holder = test.app.get(DataSource).createQueryRunner();
  await holder.startTransaction();
  await holder.query(statement);
  const waiting = async (): Promise<number> => {
    const [{ count }] = await test.query(`
      SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`);
    return count;
  };
  return {
    async queue(request) {
      const before = await waiting();
      const answer = request();
      await until(async () => (await waiting()) > before);
      return { answer };
    },
    async release() {
      await holder.commitTransaction();
      await holder.release();
    },
  };
}
