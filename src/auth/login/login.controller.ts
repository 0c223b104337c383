import { Body, Controller, Header, HttpCode, Post, Res } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../common/access/public.decorator';
import { AcceptsOAuthForm } from '../../common/http/body-parsers';
import { type Client, FromClient } from '../../common/http/client';
import { Problems } from '../../common/http/problems.decorator';
import { RateLimited } from '../../limits/rate-limit.decorator';
import { WantsCookies } from '../cookies/cookie-mode';
import type { CookieSessionDto } from '../cookies/cookie-session.dto';
import { OffersCookies } from '../cookies/offers-cookies.decorator';
import { TokenDelivery } from '../cookies/token-delivery';
import { RefreshService } from '../sessions/refresh.service';
import type { TokenPairDto } from '../sessions/token-pair.dto';
import { LoginDto, TokenRequestDto } from './login.dto';
import { LoginService } from './login.service';

@ApiTags('auth')
@Controller('auth')
export class LoginController {
  constructor(
    private readonly logins: LoginService,
    private readonly refreshes: RefreshService,
    private readonly delivery: TokenDelivery,
  ) {}

  @Post('login')
  @Public()
  @RateLimited('login')
  @OffersCookies()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign in with JSON' })
  @Problems(
    'invalid_credentials',
    'email_not_verified',
    'account_disabled',
    'origin_not_allowed',
    'validation_failed',
    'rate_limited',
    'overloaded',
  )
  async login(
    @Body() body: LoginDto,
    @WantsCookies() asCookies: boolean,
    @FromClient() client: Client,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenPairDto | CookieSessionDto> {
    const pair = await this.logins.login(body.username, body.password, client);
    return this.delivery.deliver(pair, reply, asCookies);
  }

  @Post(['token', 'login/form'])
  @Public()
  @RateLimited('login')
  @AcceptsOAuthForm()
  @OffersCookies()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Sign in or refresh with an OAuth2 form',
    description: 'RFC 6749 §4.3 and §6.',
  })
  @ApiConsumes('application/x-www-form-urlencoded')
  @Problems(
    'invalid_credentials',
    'email_not_verified',
    'account_disabled',
    'origin_not_allowed',
    'invalid_refresh_token',
    'refresh_token_reused',
    'validation_failed',
    'rate_limited',
    'overloaded',
  )
  async token(
    @Body() body: TokenRequestDto,
    @WantsCookies() asCookies: boolean,
    @FromClient() client: Client,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenPairDto | CookieSessionDto> {
    const pair =
      body.grant_type === 'refresh_token'
        ? await this.refreshes.refresh(body.refresh_token, client)
        : await this.logins.login(body.username, body.password, client);
    return this.delivery.deliver(pair, reply, asCookies);
  }
}
