import type { FastifyInstance } from 'fastify';
import type { RequestWithPrincipal } from '../access/principal';
import type { JsonLogger } from './json-logger';

/**
 * One line a request, when it is answered; every answer says its request id and how long it took.
 * The path is logged without its query, which may hold a token.
 */
export function logRequests(server: FastifyInstance, logger: JsonLogger): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onSend', (_, reply, payload, done) => {
    reply.header('x-process-time', (reply.elapsedTime / 1000).toFixed(6));
    done(null, payload);
  });
  server.addHook('onResponse', (request, reply, done) => {
    logger.pino.info({
      msg: 'request',
      requestId: request.id,
      userId: (request as RequestWithPrincipal).user?.userId,
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ip: request.ip,
    });
    done();
  });
}
