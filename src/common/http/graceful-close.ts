import type { FastifyInstance } from 'fastify';

/** Half of what a shutdown may take; the other half is for the mails. */
const PATIENCE_MS = 4_000;

/**
 * Makes `close` finish the requests in flight and then come to an end. Without this the server
 * would stay for over a minute: a connection is kept alive once its answer is out, and a client
 * that never finishes its request is waited for.
 */
export function closeGracefully(server: FastifyInstance): void {
  let isClosing = false;
  server.addHook('preClose', (done) => {
    isClosing = true;
    setTimeout(() => server.server.closeAllConnections(), PATIENCE_MS).unref();
    done();
  });
  server.addHook('onSend', (_, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done(null, payload);
  });
}
