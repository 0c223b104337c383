import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/api';
import { freePort } from '../support/ports';
import { TestRedis } from '../support/redis-server';
import { MailServer } from './mail-server';
import { Member } from './member';
import { patiently } from './patiently';
import { Postgres } from './postgres';
import { SETTINGS } from './settings';

export type QueueStore = 'Redis' | 'Postgres';

/** Two processes that answer requests, one that sends mails, and all that they stand on. */
export class World {
  private constructor(
    readonly queue: QueueStore,
    private readonly directory: string,
    readonly postgres: Postgres,
    /** Null where the queue and the limits are on Postgres. */
    readonly redis: TestRedis | null,
    readonly mails: MailServer,
    readonly apis: readonly [Member, Member],
    readonly worker: Member,
  ) {}

  static async start(queue: QueueStore): Promise<World> {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-faults-'));
    // Root runs its Postgres as nobody, who must be able to enter.
    chmodSync(directory, 0o755);
    const postgres = await Postgres.start(directory);
    const redis = queue === 'Redis' ? await TestRedis.start() : null;
    const mails = await MailServer.open();
    const env = {
      ...SETTINGS,
      DATA_DIR: directory,
      DATABASE_URL: postgres.url,
      SMTP_PORT: String(mails.port),
      ...(redis && { REDIS_URL: redis.url }),
    };
    const process = async (name: string, PROCESS_ROLE: 'api' | 'worker') =>
      new Member(name, { ...env, PROCESS_ROLE, PORT: String(await freePort()) });
    const apis = [await process('api 1', 'api'), await process('api 2', 'api')] as const;
    const worker = await process('worker', 'worker');
    const world = new World(queue, directory, postgres, redis, mails, apis, worker);
    try {
      await Promise.all(world.members.map((member) => member.start()));
      return world;
    } catch (error) {
      await world.destroy();
      throw error;
    }
  }

  get members(): readonly Member[] {
    return [...this.apis, this.worker];
  }

  /**
   * Resolves once all processes find everything they stand on.
   * @throws Error if one of them has ended of itself
   */
  async recovered(): Promise<void> {
    await patiently('all are well', async () => {
      for (const member of this.members) member.demandAlive();
      return (await Promise.all(this.members.map(isHealthy))).every(Boolean);
    });
  }

  /** Resolves once nobody is owed a mail any more. */
  async settled(): Promise<void> {
    await patiently('all mails are sent', async () => (await this.unsentMails()) === 0);
  }

  /** Notes how much memory the processes use. */
  weigh(): void {
    for (const member of this.members) member.weigh();
  }

  /** Tells all processes to stop; Postgres and the others stay. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
  }

  /** Leaves nothing of it, in whatever state it is. */
  async destroy(): Promise<void> {
    for (const member of this.members) await member.destroy();
    await this.redis?.stop();
    await this.postgres.destroy();
    await this.mails.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async unsentMails(): Promise<number> {
    const [row] = await this.postgres.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM mail_outbox WHERE sent_at IS NULL AND failed_at IS NULL',
    );
    return row!.count;
  }
}

const isHealthy = ({ origin }: Member): Promise<boolean> =>
  new Api(origin).get('health').then(
    ({ status }) => status === 200,
    () => false,
  );
