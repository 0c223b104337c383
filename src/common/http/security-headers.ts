import { ServerResponse, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/** `securityHeaders` on every answer to a request that could be read. */
export function sendSecurityHeaders(server: FastifyInstance, isProduction: boolean): void {
  const headers = securityHeaders(isProduction);
  server.addHook('onRequest', (_, reply, done) => {
    reply.headers(headers);
    done();
  });
  // A preflight is answered before that hook.
  server.addHook('onSend', ({ method }, reply, payload, done) => {
    if (method === 'OPTIONS') reply.headers(headers);
    done(null, payload);
  });
}

/**
 * Helmet's defaults. They are the same for all answers, so helmet is asked once, not at every
 * request. What only makes sense over TLS is left to production.
 */
export function securityHeaders(isProduction: boolean): Readonly<Record<string, string>> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const secure = helmet({
    strictTransportSecurity: isProduction,
    contentSecurityPolicy: {
      directives: { 'upgrade-insecure-requests': isProduction ? [] : null },
    },
  });
  secure(request, response, (error) => {
    if (error) throw error as Error;
  });
  return response.getHeaders() as Record<string, string>;
}
