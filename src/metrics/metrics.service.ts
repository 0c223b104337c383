import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { HashingLane } from '../limits/hashing-lane';
import { MailService } from '../mail/mail.service';

/** What Prometheus reads: the process, requests by route, the hashing lane and the mails owed. */
@Injectable()
export class MetricsService {
  private readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: 'gatehouse_http_request_duration_seconds',
    help: 'Time from a request to its answer, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });

  constructor(lane: HashingLane, mail: MailService) {
    collectDefaultMetrics({ register: this.registry });
    this.gauge(
      'gatehouse_hashing_in_flight',
      'Password hashes being computed.',
      () => lane.inFlight,
    );
    this.gauge('gatehouse_hashing_waiting', 'Password hashes waiting.', () => lane.waiting);
    this.gauge('gatehouse_mail_unsent', 'Mails owed and not sent yet.', () => mail.countUnsent());
    this.gauge('gatehouse_mail_failed', 'Mails given up on.', () => mail.countFailed());
  }

  /** Times every request from now on, by its route and not its path, which anyone may make up. */
  observe(server: FastifyInstance): void {
    server.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'none';
      const labels = { method: request.method, route, status: reply.statusCode };
      this.requests.observe(labels, reply.elapsedTime / 1000);
      done();
    });
  }

  /** The text exposition format of Prometheus. */
  render(): Promise<string> {
    return this.registry.metrics();
  }

  private gauge(name: string, help: string, read: () => number | Promise<number>): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [],
      collect: async () => gauge.set(await read()),
    });
    this.registry.registerMetric(gauge);
  }
}
