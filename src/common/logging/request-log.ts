import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestWithPrincipal } from '../access/principal';
import type { JsonLogger } from './json-logger';

/**
 * One line a request, when it is answered; every answer says its request id and how long it took.
 * The path is logged without its query, which may hold a token.
 */
export function logRequests(server: FastifyInstance, logger: JsonLogger): void {
  // Not on arrival: a preflight is answered before any hook that could be added here.
  server.addHook('onSend', (request, reply, payload, done) => {
    markAnswer(request, reply);
    done(null, payload);
  });
  server.addHook('onResponse', (request, reply, done) => {
    logger.request({
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

/** Which request this answers, and how long that took so far, in seconds. */
export function markAnswer(request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers({
    'x-request-id': request.id,
    'x-process-time': (reply.elapsedTime / 1000).toFixed(6),
  });
}
