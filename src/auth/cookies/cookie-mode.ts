import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ValidationFailedError } from '../../common/http/http.errors';

/** Whether `?cookies=` asks for cookies instead of tokens in the body. @throws ValidationFailedError */
export function wantsCookies({ query }: Pick<FastifyRequest, 'query'>): boolean {
  const { cookies } = query as { readonly cookies?: unknown };
  if (cookies === undefined || cookies === 'false') return false;
  if (cookies === 'true') return true;
  throw new ValidationFailedError([{ pointer: '/cookies', detail: 'must be true or false' }]);
}

/** `wantsCookies` of this request; on a route with `OffersCookies`. */
export const WantsCookies = createParamDecorator((_: unknown, context: ExecutionContext) =>
  wantsCookies(context.switchToHttp().getRequest<FastifyRequest>()),
);
