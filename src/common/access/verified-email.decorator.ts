import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiOAuth2 } from '@nestjs/swagger';
import { declarePolicy } from './access-policy';

/** Only callers with a live session and a verified address pass: others get 403 `email_not_verified`. */
export const VerifiedEmail = () =>
  applyDecorators(
    declarePolicy({ who: 'signed-in', verifiedEmail: true }),
    ApiBearerAuth('bearer'),
    ApiOAuth2([], 'password'),
    ApiCookieAuth('cookie'),
  );
