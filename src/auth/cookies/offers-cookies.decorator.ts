import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiQuery, getSchemaPath } from '@nestjs/swagger';
import { TokenPairDto } from '../sessions/token-pair.dto';
import { CookieModeGuard } from './cookie-mode.guard';
import { CookieSessionDto } from './cookie-session.dto';

/** The route hands out tokens, with `?cookies=true` as cookies and only to allowed pages. */
export const OffersCookies = () =>
  applyDecorators(
    UseGuards(CookieModeGuard),
    ApiQuery({
      name: 'cookies',
      required: false,
      schema: { type: 'boolean', default: false },
      description: 'true: the tokens are set as cookies and are not in the answer',
    }),
    ApiExtraModels(TokenPairDto, CookieSessionDto),
    ApiOkResponse({
      description: 'the tokens or, in cookie mode, what a page needs besides the cookies',
      schema: {
        oneOf: [{ $ref: getSchemaPath(TokenPairDto) }, { $ref: getSchemaPath(CookieSessionDto) }],
      },
    }),
  );
