import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { isDeadlock } from './pg-errors';

declare const open: unique symbol;

/** Proof that a transaction is open. Every repository write demands one as its first argument. */
export type Tx = EntityManager & { readonly [open]: true };

type Hook = () => Promise<void>;

/** Whoever comes again after a deadlock may overtake the one it met, and meet it again. */
const MOST_ATTEMPTS = 5;

@Injectable()
export class UnitOfWork {
  private readonly logger = new Logger(UnitOfWork.name);
  private readonly hooks = new WeakMap<Tx, Hook[]>();
  private readonly requests = new WeakMap<Tx, string>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Commits what `work` wrote, all of it or nothing. Nothing slow or irreversible belongs inside:
   * hash before, send mail through the outbox. To refuse and still remember why, return the
   * outcome and throw after the commit. `work` runs again if a deadlock undid it, four times at most.
   */
  async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    let tx!: Tx;
    const result = await this.attempt((manager) => work((tx = manager as Tx)));
    for (const hook of this.hooks.get(tx) ?? []) {
      await hook().catch((error: unknown) =>
        this.logger.error({ requestId: this.requestOf(tx), err: error }),
      );
    }
    return result;
  }

  /** Says which request `tx` is for, so that whoever logs about it later can say so. */
  attribute(tx: Tx, requestId: string): void {
    this.requests.set(tx, requestId);
  }

  /** Undefined where none is known. */
  requestOf(tx: Tx): string | undefined {
    return this.requests.get(tx);
  }

  /** Runs `hook` once `tx` has committed. Its failure is logged: the work itself is done. */
  afterCommit(tx: Tx, hook: Hook): void {
    this.hooks.set(tx, [...(this.hooks.get(tx) ?? []), hook]);
  }

  private async attempt<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.dataSource.transaction(work);
      } catch (error) {
        if (!isDeadlock(error) || attempts === MOST_ATTEMPTS) throw error;
      }
    }
  }
}
