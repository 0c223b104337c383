import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Count, countsOf } from './rate-limit-headers';

/** Where a request came from, for sessions and the audit trail. */
export interface Client {
  /** As far as `TRUST_PROXY` lets X-Forwarded-For be believed. */
  readonly ip: string;
  readonly userAgent: string | null;
  readonly requestId: string;
  /** What the request was counted against so far, to be added to. */
  readonly counts: Count[];
}

const LONGEST_USER_AGENT = 512;
/** An IPv6 address with a zone; behind a trusted proxy the header may hold anything. */
const LONGEST_IP = 64;

/** NUL cannot be stored in Postgres text, and a header may carry anything above it. */
const storable = (header: string, longest: number): string =>
  header.replaceAll('\0', '').slice(0, longest).toWellFormed();

export function clientOf(request: FastifyRequest): Client {
  const userAgent = request.headers['user-agent'];
  return {
    ip: storable(request.ip, LONGEST_IP),
    userAgent: userAgent ? storable(userAgent, LONGEST_USER_AGENT) : null,
    requestId: request.id,
    counts: countsOf(request),
  };
}

/** The caller's address, user agent and request id. */
export const FromClient = createParamDecorator((_: unknown, context: ExecutionContext) =>
  clientOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
