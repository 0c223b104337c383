import type { FastifyInstance } from 'fastify';
import type { ProblemFilter } from '../common/http/problem.filter';
import { type Count, countsOf, rateLimitHeaders } from '../common/http/rate-limit-headers';
import type { Telemetry } from '../telemetry/telemetry';
import { isOver } from './limit-counter';
import { RateLimitedError } from './limits.errors';
import type { LimitName } from './rate-limit.decorator';
import type { RequestLimit } from './request-limit';

export interface RequestLimiting {
  readonly requests: RequestLimit;
  readonly problems: ProblemFilter;
  readonly telemetry: Telemetry;
  /** The limit that a route declares, by method and Fastify's template of its path. */
  readonly limitOf: (method: string, route: string | undefined) => LimitName;
}

/** Mails are counted for who gets them, too. */
const COUNTED_ON_ARRIVAL: ReadonlySet<LimitName> = new Set(['requests', 'mail']);

/** By account or session; what does not get so far is counted when it is answered. */
const BY_THEIR_FLOW: ReadonlySet<LimitName> = new Set(['login', 'register', 'refresh']);

const oneMore = (count: Count): Count => ({ ...count, used: count.used + 1 });

/** Counts every request, before its body is read, and tells it in the answer what is left. */
export function limitRequests(server: FastifyInstance, limiting: RequestLimiting): void {
  const { requests, problems, telemetry, limitOf } = limiting;
  // After every `onRequest`: a browser reads a refusal only if it has the headers of CORS.
  server.addHook('preParsing', (request, reply, _, done) => {
    const limit = limitOf(request.method, request.routeOptions.url);
    if (limit === 'none') return done();
    const isCounted = COUNTED_ON_ARRIVAL.has(limit);
    const count = isCounted ? requests.count(request.ip) : requests.peek(request.ip, 'unread');
    if (isCounted) countsOf(request).push(count);
    if (!isOver(isCounted ? count : oneMore(count))) return done();
    telemetry.rateLimited(count.name);
    problems.reply(new RateLimitedError(count.secondsLeft), request, reply);
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    const counts = countsOf(request);
    if (counts.length > 0) void reply.headers(rateLimitHeaders(counts));
    else if (BY_THEIR_FLOW.has(limitOf(request.method, request.routeOptions.url)))
      requests.count(request.ip, 'unread');
    done(null, payload);
  });
}
