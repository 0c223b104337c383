import type { FastifyInstance } from 'fastify';

const PATIENCE_MS = 3_500;
/** From the signal on. With the longest SHUTDOWN_DELAY_SECONDS, five, patience is shorter. */
const LATEST_MS = 7_500;

/**
 * Makes `close` finish the requests in flight and then come to an end. Without this the server
 * would stay for over a minute: a connection is kept alive once its answer is out, and a client
 * that never finishes its request is waited for.
 * @param isRetired whether connections should end with the answer that is under way, so that
 *   clients who keep them open go elsewhere before it closes
 * @param delaySeconds between the signal and `close`
 */
export function closeGracefully(
  server: FastifyInstance,
  isRetired: () => boolean,
  delaySeconds: number,
): void {
  const patience = Math.min(PATIENCE_MS, LATEST_MS - delaySeconds * 1000);
  let isClosing = false;
  server.addHook('preClose', (done) => {
    isClosing = true;
    setTimeout(() => server.server.closeAllConnections(), patience).unref();
    done();
  });
  server.addHook('onSend', (_, reply, payload, done) => {
    if (isClosing || isRetired()) reply.header('connection', 'close');
    done(null, payload);
  });
}
