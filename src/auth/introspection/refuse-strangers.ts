import type { FastifyInstance } from 'fastify';
import type { ProblemFilter } from '../../common/http/problem.filter';
import type { IntrospectionGuard } from './introspection.guard';

const ASKED_AT = /^\/api\/(?:v1\/)?auth\/introspect$/;

/**
 * Refuses who may not ask about tokens before their body is read. Guards come after that, and no
 * limit holds this route: anybody could have as many bodies read and parsed as they can send.
 */
export function refuseStrangers(
  server: FastifyInstance,
  guard: IntrospectionGuard,
  problems: ProblemFilter,
): void {
  server.addHook('onRoute', (route) => {
    if (!ASKED_AT.test(route.url)) return;
    route.preParsing = (request, reply, _, done) => {
      const refusal = guard.refusalOf(request);
      if (!refusal) return done();
      problems.reply(refusal, request, reply);
    };
  });
}
