import { ServerResponse, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/**
 * Helmet's defaults on every answer. They are the same for all of them, so helmet is asked once,
 * not at every request. What only makes sense over TLS is left to production.
 */
export function sendSecurityHeaders(server: FastifyInstance, isProduction: boolean): void {
  const headers = helmetHeaders(isProduction);
  server.addHook('onRequest', (_, reply, done) => {
    reply.headers(headers);
    done();
  });
}

function helmetHeaders(isProduction: boolean): Record<string, string> {
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
