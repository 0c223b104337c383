import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type DynamicModule, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppModule } from './app.module';
import { registerBodyParsers } from './common/http/body-parsers';
import { closeGracefully } from './common/http/graceful-close';
import { NotHttpError } from './common/http/http.errors';
import { ProblemFilter } from './common/http/problem.filter';
import { sendSecurityHeaders } from './common/http/security-headers';
import type { JsonLogger } from './common/logging/json-logger';
import { logRequests, markAnswer } from './common/logging/request-log';
import type { AppConfig } from './config/app-config';
import type { DatabaseConnection } from './database/database-connection';
import { serveDocs } from './docs/serve-docs';
import { MetricsService } from './metrics/metrics.service';
import { API_PREFIX, API_VERSION, demandPolicies, routesOf } from './route-table';

type ServerWithProblems = FastifyInstance & { readonly problems: ProblemFilter };

const BODY_LIMIT = 100 * 1024;
/** To receive a whole request: one that trickles in must not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;
const SANE_REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const EXPOSED_HEADERS = [
  'X-Request-ID',
  'X-Process-Time',
  'X-Total-Count',
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

/** Fastify with our limits. Its own errors become problems once `configureApp` has run. */
export function httpAdapter(config: AppConfig): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: trustedProxies(config),
    requestIdHeader: false,
    genReqId: requestIdOf,
    // A URL that the router cannot read: neither hooks nor Nest are reached from here.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      markAnswer(request, reply);
      (request.server as ServerWithProblems).problems.reply(error, request, reply);
    },
    clientErrorHandler: refuseBytes,
  });
}

/** What Node's parser refuses never becomes a request: no hook and no logger sees it. */
function refuseBytes(this: FastifyInstance, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable)
    socket.write(
      (this as ServerWithProblems).problems.rawReply(new NotHttpError(), newRequestId()),
    );
  socket.destroy(error);
}

/** Fastify takes a hop count and then trusts nobody, so a count becomes the function it stands for. */
function trustedProxies({ process: { trustProxy } }: AppConfig) {
  return typeof trustProxy === 'number'
    ? (_: string, hop: number): boolean => hop < trustProxy
    : trustProxy;
}

/** Of this process alone. Not a secret: only needs to be nobody else's. */
const PROCESS_ID = randomBytes(9).toString('base64url');
let requestCount = 0;

const newRequestId = (): string => `${PROCESS_ID}-${(requestCount++).toString(36)}`;

/** The caller's own id if it is fit for a log line, otherwise a new one. */
function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : newRequestId();
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
  logRequests(server, logger);
  app.get(MetricsService).observe(server);
  registerBodyParsers(server);
  closeGracefully(server);
  sendSecurityHeaders(server, config.environment === 'production');
  app.setGlobalPrefix(API_PREFIX, {
    exclude: routes.filter(({ isAtRoot }) => isAtRoot).map(({ path }) => path.slice(1)),
  });
  app.enableVersioning({
    type: VersioningType.URI,
    defaultVersion: [API_VERSION, VERSION_NEUTRAL],
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
