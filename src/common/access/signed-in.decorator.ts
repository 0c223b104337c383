import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiExtension, ApiOAuth2 } from '@nestjs/swagger';
import { type AccessPolicy, declarePolicy } from './access-policy';

/** Only callers with a live session pass. */
export const SignedIn = () => demand({});

/** Marks, in OpenAPI, a route where cookies do not sign in, whatever its controller says of others. */
export const BEARER_ONLY = 'x-bearer-only';

/**
 * A policy for signed-in callers, with what OpenAPI says of them. Swagger adds what the handler
 * says to what its controller does: `createOpenApiDocument` clears that up.
 */
export const demand = (more: Omit<AccessPolicy, 'who'>) =>
  applyDecorators(
    declarePolicy({ who: 'signed-in', ...more }),
    ApiBearerAuth('bearer'),
    ApiOAuth2([], 'password'),
    more.bearerOnly ? ApiExtension(BEARER_ONLY, true) : ApiCookieAuth('cookie'),
  );
