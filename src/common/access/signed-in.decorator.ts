import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiOAuth2 } from '@nestjs/swagger';
import { declarePolicy } from './access-policy';

/** Only callers with a live session pass. */
export const SignedIn = () =>
  applyDecorators(
    declarePolicy({ who: 'signed-in' }),
    ApiBearerAuth('bearer'),
    ApiOAuth2([], 'password'),
    ApiCookieAuth('cookie'),
  );
