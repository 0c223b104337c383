import type { FastifyInstance } from 'fastify';
import { NotHttpError } from './http.errors';
import type { ProblemFilter } from './problem.filter';

/**
 * Refuses a request with two `Host` fields (RFC 9112 §3.2), of which Node takes the first: a proxy
 * may have gone by the other one.
 */
export function demandOneHost(server: FastifyInstance, problems: ProblemFilter): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (countHosts(request.raw.rawHeaders) < 2) return done();
    problems.reply(new NotHttpError(), request, reply);
  });
}

/** @param headers names and values, in turns */
function countHosts(headers: readonly string[]): number {
  let count = 0;
  for (let n = 0; n < headers.length; n += 2) {
    const name = headers[n]!;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}
