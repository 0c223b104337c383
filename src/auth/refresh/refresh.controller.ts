import { Body, Controller, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../common/access/public.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { ValidationFailedError } from '../../common/http/http.errors';
import { Problems } from '../../common/http/problems.decorator';
import { RateLimited } from '../../limits/rate-limit.decorator';
import { WantsCookies } from '../cookies/cookie-mode';
import type { CookieSessionDto } from '../cookies/cookie-session.dto';
import { OffersCookies } from '../cookies/offers-cookies.decorator';
import { SessionCookies } from '../cookies/session-cookies';
import { TokenDelivery } from '../cookies/token-delivery';
import { RefreshService } from '../sessions/refresh.service';
import type { TokenPairDto } from '../sessions/token-pair.dto';
import { CookieRefresh } from './cookie-refresh';
import { RefreshDto } from './refresh.dto';

@ApiTags('auth')
@Controller('auth')
export class RefreshController {
  constructor(
    private readonly refreshes: RefreshService,
    private readonly cookieRefreshes: CookieRefresh,
    private readonly cookies: SessionCookies,
    private readonly delivery: TokenDelivery,
  ) {}

  @Post('refresh')
  @RateLimited('refresh')
  @Public()
  @OffersCookies()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Exchange a refresh token for the next pair',
    description:
      'Each refresh token works once. One that was replaced long ago ends its session. Without a ' +
      'token in the body the cookie is taken, and the answer is in cookies.',
  })
  @ApiHeader({ name: 'X-CSRF-Token', required: false, description: 'with the cookie' })
  @Problems(
    'unauthenticated',
    'invalid_refresh_token',
    'refresh_token_reused',
    'csrf_token_invalid',
    'origin_not_allowed',
    'validation_failed',
    'rate_limited',
  )
  async refresh(
    @Body() body: RefreshDto,
    @WantsCookies() asCookies: boolean,
    @FromClient() client: Client,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenPairDto | CookieSessionDto> {
    const refreshToken = body.refresh_token ?? null;
    if (refreshToken !== null) {
      const pair = await this.refreshes.refresh(refreshToken, client);
      return this.delivery.deliver(pair, reply, asCookies);
    }
    if (!asCookies && this.cookies.refreshTokenIn(request) === null)
      throw new ValidationFailedError([
        { pointer: '/refresh_token', detail: 'is needed unless it is in the cookie' },
      ]);
    // Whatever the query says: what was out of the reach of script stays there.
    const pair = await this.cookieRefreshes.refresh(request, reply, client);
    return this.delivery.deliver(pair, reply, true);
  }
}
