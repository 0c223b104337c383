import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge } from 'prom-client';
import { ConnectionPool } from '../database/connection-pool';
import { HashingLane } from '../limits/hashing-lane';
import { MailQueue } from '../mail/mail.queue';
import { MailService } from '../mail/mail.service';
import { Telemetry } from '../telemetry/telemetry';
import { VERSION } from '../telemetry/version';
import { AskedSource } from './asked-source';

/** Node's parser knows over thirty, and a caller may try them all. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What Prometheus reads: all that was counted, and what can be asked for at the moment. */
@Injectable()
export class MetricsService {
  private readonly sources: Readonly<Record<'outbox' | 'queue', AskedSource>>;
  private readonly up: Gauge;

  constructor(
    private readonly telemetry: Telemetry,
    lane: HashingLane,
    pool: ConnectionPool,
    mail: MailService,
    queue: MailQueue,
  ) {
    collectDefaultMetrics({ register: telemetry.registry });
    this.gauge('gatehouse_build_info', 'Always 1.', ['version', 'node']).set(
      { version: VERSION, node: process.version },
      1,
    );
    this.up = this.gauge(
      'gatehouse_source_up',
      'Whether what the gauges of this source are read from answers.',
      ['source'],
    );
    this.showHashing(lane);
    this.showPool(pool);
    this.sources = { outbox: this.outbox(mail), queue: this.queue(queue) };
  }

  /** Times every request from now on, by its route and not its path, which anyone may make up. */
  observe(server: FastifyInstance): void {
    server.addHook('onResponse', (request, reply, done) => {
      const method = METHODS.has(request.method) ? request.method : 'other';
      const route = request.routeOptions.url ?? 'none';
      this.telemetry.request(method, route, reply.statusCode, reply.elapsedTime / 1000);
      done();
    });
  }

  /** The text exposition format of Prometheus; of a source that is down, nothing, and the rest. */
  async render(): Promise<string> {
    const asked = Object.entries(this.sources).map(async ([source, gauges]) =>
      this.up.set({ source }, Number(await gauges.refresh())),
    );
    await Promise.all(asked);
    return this.telemetry.registry.metrics();
  }

  private showHashing(lane: HashingLane): void {
    this.live(
      'gatehouse_hashing_in_flight',
      'Password hashes being computed.',
      () => lane.inFlight,
    );
    this.live('gatehouse_hashing_waiting', 'Password hashes waiting.', () => lane.waiting);
  }

  private showPool(pool: ConnectionPool): void {
    const name = 'gatehouse_database_pool';
    this.live(`${name}_connections`, 'Connections that are open.', () => pool.use().open);
    this.live(`${name}_idle`, 'Connections that nobody uses.', () => pool.use().idle);
    this.live(`${name}_waiting`, 'Callers waiting for a connection.', () => pool.use().waiting);
  }

  private outbox(mail: MailService): AskedSource {
    const unsent = this.gauge('gatehouse_mail_unsent', 'Mails owed and not sent yet.');
    const failed = this.gauge('gatehouse_mail_failed', 'Mails given up on.');
    const age = this.gauge(
      'gatehouse_mail_oldest_unsent_seconds',
      'For how long the oldest of the mails not sent yet is owed.',
    );
    return new AskedSource([unsent, failed, age], async () => [
      { gauge: unsent, value: await mail.countUnsent() },
      { gauge: failed, value: await mail.countFailed() },
      { gauge: age, value: await mail.oldestUnsentSeconds() },
    ]);
  }

  private queue(queue: MailQueue): AskedSource {
    const depth = this.gauge('gatehouse_mail_queue_jobs', 'Jobs in the mail queue.', ['state']);
    const workers = this.gauge('gatehouse_mail_workers', 'Processes that take mails to send.');
    return new AskedSource([depth, workers], async () => {
      const use = await queue.use();
      const jobs = Object.entries(use.jobs);
      return [
        ...jobs.map(([state, value]) => ({ gauge: depth, value, labels: { state } })),
        { gauge: workers, value: use.workers },
      ];
    });
  }

  private live(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.telemetry.registry],
      collect: () => gauge.set(read()),
    });
  }

  private gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.telemetry.registry] });
  }
}
