import { Client } from 'pg';

/** What `pg` says when `query_timeout` is over. */
const READ_TIMEOUT = 'Query read timeout';

/**
 * Hangs up on a server that keeps silent for `query_timeout`. `pg` itself gives up the query alone:
 * the next one would wait behind it, and the connection might go back into the pool inside a
 * transaction.
 */
export class ImpatientClient extends Client {
  // oxlint-disable-next-line typescript/no-explicit-any
  override query(...args: any[]): any {
    const asked: unknown = super.query(...(args as [never]));
    if (asked instanceof Promise) asked.catch((error: Error) => this.judge(error));
    return asked;
  }

  private judge({ message }: Error): void {
    if (message === READ_TIMEOUT) void this.end().catch(() => {});
  }
}
