import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiOAuth2 } from '@nestjs/swagger';
import { declarePolicy } from './access-policy';

/**
 * As `SignedIn`, for a GET that does something: only a token in the Authorization header signs in
 * here, since a link elsewhere sends cookies along and proves nothing.
 */
export const BearerOnly = () =>
  applyDecorators(
    declarePolicy({ who: 'signed-in', bearerOnly: true }),
    ApiBearerAuth('bearer'),
    ApiOAuth2([], 'password'),
  );
