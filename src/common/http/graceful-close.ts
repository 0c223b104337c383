import type { FastifyInstance } from 'fastify';

/** With the longest SHUTDOWN_DELAY_SECONDS, five, still within what a shutdown may take. */
const PATIENCE_MS = 3_500;

/**
 * Makes `close` finish the requests in flight and then come to an end. Without this the server
 * would stay for over a minute: a connection is kept alive once its answer is out, and a client
 * that never finishes its request is waited for.
 * @param isRetired whether connections should end with the answer that is under way, so that
 *   clients who keep them open go elsewhere before it closes
 */
export function closeGracefully(server: FastifyInstance, isRetired: () => boolean): void {
  let isClosing = false;
  server.addHook('preClose', (done) => {
    isClosing = true;
    setTimeout(() => server.server.closeAllConnections(), PATIENCE_MS).unref();
    done();
  });
  server.addHook('onSend', (_, reply, payload, done) => {
    if (isClosing || isRetired()) reply.header('connection', 'close');
    done(null, payload);
  });
}
