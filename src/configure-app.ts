import { type DynamicModule, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AppModule } from './app.module';
import { registerBodyParsers } from './common/http/body-parsers';
import { closeGracefully } from './common/http/graceful-close';
import { ProblemFilter } from './common/http/problem.filter';
import { sendSecurityHeaders } from './common/http/security-headers';
import type { JsonLogger } from './common/logging/json-logger';
import { logRequests } from './common/logging/request-log';
import type { AppConfig } from './config/app-config';
import type { DatabaseConnection } from './database/database-connection';
import { serveDocs } from './docs/serve-docs';
import { httpAdapter } from './http-adapter';
import { MetricsService } from './metrics/metrics.service';
import { API_PREFIX, API_VERSION, demandPolicies, routesOf } from './route-table';

const EXPOSED_HEADERS = [
  'X-Request-ID',
  'X-Process-Time',
  'X-Total-Count',
  'Link',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
];

/**
 * The application exactly as it runs, short of listening.
 * @throws if any route declares no policy
 */
export async function createApp(
  config: AppConfig,
  connection: DatabaseConnection,
  logger: JsonLogger,
): Promise<NestFastifyApplication> {
  const module = AppModule.register(config, connection);
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
  demandPolicies(routesOf(module));
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  server.decorate('problems', app.get(ProblemFilter));
  logRequests(server, logger);
  app.get(MetricsService).observe(server);
  registerBodyParsers(server);
  closeGracefully(server);
  sendSecurityHeaders(server, config.environment === 'production');
  // Not a global prefix, whose exceptions go by path: these go by controller, so that a path can
  // lie at the root and under the prefix. A version of nothing is the prefix alone.
  app.enableVersioning({
    type: VersioningType.URI,
    prefix: API_PREFIX,
    defaultVersion: [`/v${API_VERSION}`, ''],
  });
  app.enableCors({
    origin: [...config.addresses.allowedOrigins],
    credentials: true,
    // @fastify/cors alone would allow GET, HEAD and POST.
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
  });
  serveDocs(app);
}
