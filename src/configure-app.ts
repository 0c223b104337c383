import { type DynamicModule, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AppModule } from './app.module';
import { IntrospectionGuard } from './auth/introspection/introspection.guard';
import { refuseStrangers } from './auth/introspection/refuse-strangers';
import { registerBodyParsers } from './common/http/body-parsers';
import { closeGracefully } from './common/http/graceful-close';
import { demandOneHost } from './common/http/one-host';
import { serveOnly } from './common/http/only-routes';
import { ProblemFilter } from './common/http/problem.filter';
import { sendSecurityHeaders } from './common/http/security-headers';
import type { JsonLogger } from './common/logging/json-logger';
import { logRequests } from './common/logging/request-log';
import type { AppConfig } from './config/app-config';
import type { DatabaseConnection } from './database/database-connection';
import { serveDocs } from './docs/serve-docs';
import { HealthService } from './health/health.service';
import { httpAdapter } from './http-adapter';
import { limitRequests } from './limits/limit-requests';
import { RequestLimit } from './limits/request-limit';
import { MetricsService } from './metrics/metrics.service';
import { showProblemsAsPages } from './pages/problem-pages';
import { API_PREFIX, API_VERSION, demandPolicies, limitsByRoute, routesOf } from './route-table';
import { Telemetry } from './telemetry/telemetry';
import { Tracing } from './telemetry/tracing';

const EXPOSED_HEADERS = [
  'X-Request-ID',
  'X-Process-Time',
  'X-Total-Count',
  'Link',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
];

/** What a process that only works off the queue is asked: whether it lives, and its metrics. */
const PROBED = /^\/(?:metrics|api\/(?:v1\/)?health(?:\/\w+)?)$/;

/**
 * The application exactly as it runs, short of listening.
 * @throws if any route declares no policy
 */
export async function createApp(
  config: AppConfig,
  connection: DatabaseConnection,
  logger: JsonLogger,
  tracing?: Tracing,
): Promise<NestFastifyApplication> {
  const module = AppModule.register(config, connection, tracing);
  const app = await NestFactory.create<NestFastifyApplication>(module, httpAdapter(config), {
    logger,
    bodyParser: false,
    abortOnError: false,
  });
  await configureApp(app, module, config, logger);
  return app;
}

/** Everything between a bare Nest application and ours; the tests call it on theirs. */
export async function configureApp(
  app: NestFastifyApplication,
  module: DynamicModule,
  config: AppConfig,
  logger: JsonLogger,
): Promise<void> {
  const routes = routesOf(module);
  demandPolicies(routes);
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  server.decorate('problems', app.get(ProblemFilter));
  app.get(Tracing).nameRequests(server);
  logRequests(server, logger);
  app.get(MetricsService).observe(server);
  registerBodyParsers(server);
  closeGracefully(
    server,
    () => app.get(HealthService).isRetired,
    config.process.shutdownDelaySeconds,
  );
  if (config.process.role === 'worker')
    serveOnly(server, app.get(ProblemFilter), (route) => PROBED.test(route));
  sendSecurityHeaders(server, config.environment === 'production');
  demandOneHost(server, app.get(ProblemFilter));
  if (config.limits.enabled)
    limitRequests(server, {
      requests: app.get(RequestLimit, { strict: false }),
      problems: app.get(ProblemFilter),
      telemetry: app.get(Telemetry),
      limitOf: limitsByRoute(routes),
    });
  showProblemsAsPages(server, config);
  refuseStrangers(server, app.get(IntrospectionGuard, { strict: false }), app.get(ProblemFilter));
  // Not a global prefix, whose exceptions go by path: these go by controller, so that a path can
  // lie at the root and under the prefix. A version of nothing is the prefix alone.
  app.enableVersioning({
    type: VersioningType.URI,
    prefix: API_PREFIX,
    defaultVersion: [`/v${API_VERSION}`, ''],
  });
  allowFrontends(app, config);
  if (config.process.role !== 'worker') serveDocs(app);
}

/** Pages of these origins may call us, with cookies, and read the answers; no others may. */
function allowFrontends(app: NestFastifyApplication, config: AppConfig): void {
  app.enableCors({
    origin: [...config.addresses.allowedOrigins],
    credentials: true,
    // @fastify/cors alone would allow GET, HEAD and POST.
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    // Strictness refuses half a preflight in plain text, which no refusal of ours is.
    strictPreflight: false,
    maxAge: 600,
  });
}
