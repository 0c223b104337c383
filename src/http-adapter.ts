import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NotHttpError } from './common/http/http.errors';
import type { ProblemFilter } from './common/http/problem.filter';
import { securityHeaders } from './common/http/security-headers';
import { markAnswer } from './common/logging/request-log';
import type { AppConfig } from './config/app-config';

type ServerWithProblems = FastifyInstance & { readonly problems: ProblemFilter };

const BODY_LIMIT = 100 * 1024;
/** To receive a whole request: one that trickles in must not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;
const SANE_REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
/** Fastify with our limits. Its own errors become problems once `configureApp` has run. */
export function httpAdapter(config: AppConfig): FastifyAdapter {
  const headers = securityHeaders(config.environment === 'production');
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: trustedProxies(config),
    requestIdHeader: false,
    genReqId: requestIdOf,
    // A URL that the router cannot read: neither hooks nor Nest are reached from here.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      markAnswer(request, reply.headers(headers));
      (request.server as ServerWithProblems).problems.reply(error, request, reply);
    },
    clientErrorHandler: refuseBytes(headers),
  });
}

/** What Node's parser refuses never becomes a request: no hook and no logger sees it. */
const refuseBytes = (headers: Readonly<Record<string, string>>) =>
  function (this: FastifyInstance, error: NodeJS.ErrnoException, socket: Socket): void {
    const { problems } = this as ServerWithProblems;
    if (error.code !== 'ECONNRESET' && socket.writable)
      socket.write(problems.rawReply(new NotHttpError(), newRequestId(), headers));
    socket.destroy(error);
  };

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
