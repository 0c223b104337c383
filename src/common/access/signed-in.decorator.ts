import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiOAuth2 } from '@nestjs/swagger';
import { type AccessPolicy, declarePolicy } from './access-policy';

/** Only callers with a live session pass. */
export const SignedIn = () => demand({});

/** A policy for signed-in callers, with what OpenAPI says of them. */
export const demand = (more: Omit<AccessPolicy, 'who'>) =>
  applyDecorators(
    declarePolicy({ who: 'signed-in', ...more }),
    ApiBearerAuth('bearer'),
    ApiOAuth2([], 'password'),
    ...(more.bearerOnly ? [] : [ApiCookieAuth('cookie')]),
  );
