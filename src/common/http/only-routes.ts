import type { FastifyInstance } from 'fastify';
import { RouteNotFoundError } from './http.errors';
import type { ProblemFilter } from './problem.filter';

/** Answers whatever is not one of these routes, by Fastify's template, as if it were not there. */
export function serveOnly(
  server: FastifyInstance,
  problems: ProblemFilter,
  isServed: (route: string) => boolean,
): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (isServed(request.routeOptions.url ?? '')) return done();
    problems.reply(new RouteNotFoundError(), request, reply);
  });
}
