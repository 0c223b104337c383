import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MailQueue } from '../mail/mail.queue';
import { DependencyDownError, ShuttingDownError } from './health.errors';

const TIMEOUT_MS = 2_000;

export type Dependency = 'database' | 'queue';

/** Asks what the service stands on whether it answers, each within two seconds. */
@Injectable()
export class HealthService {
  private readonly probes: Readonly<Record<Dependency, () => Promise<unknown>>>;
  /** Whoever asks while another does gets the same answer: anybody may, and as often as they like. */
  private readonly asked = new Map<Dependency, Promise<boolean>>();
  private retired = false;

  constructor(dataSource: DataSource, queue: MailQueue) {
    this.probes = {
      database: () => dataSource.query('SELECT 1'),
      queue: () => queue.ping(),
    };
  }

  /** From now on this process does not want requests, though it answers those that come. */
  retire(): void {
    this.retired = true;
  }

  get isRetired(): boolean {
    return this.retired;
  }

  /**
   * That requests should be sent here. They need the database and not the queue, without which
   * mails wait in the outbox.
   * @throws ShuttingDownError, DependencyDownError
   */
  async demandReady(): Promise<void> {
    if (this.retired) throw new ShuttingDownError();
    await this.demand('database');
  }

  /** @throws DependencyDownError naming all that did not answer */
  async demand(...dependencies: readonly Dependency[]): Promise<void> {
    const isUp = await Promise.all(dependencies.map((name) => this.isUp(name)));
    const down = dependencies.filter((_, index) => !isUp[index]);
    if (down.length > 0) throw new DependencyDownError(down);
  }

  private isUp(name: Dependency): Promise<boolean> {
    const asked = this.asked.get(name);
    if (asked) return asked;
    const probe = this.probes[name]();
    const answer = answers(probe);
    this.asked.set(name, answer);
    // A probe that nobody waits for any more still has its place in the queue for a connection.
    const forget = () => void this.asked.delete(name);
    probe.then(forget, forget);
    return answer;
  }
}

async function answers(probe: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), TIMEOUT_MS);
  });
  const answer = probe.then(
    () => true,
    () => false,
  );
  return Promise.race([answer, timeout]).finally(() => clearTimeout(timer));
}
