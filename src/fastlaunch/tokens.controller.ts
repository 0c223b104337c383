import { Body, Header, HttpCode, Post } from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { TokenRequestDto } from '../auth/login/login.dto';
import { LoginService } from '../auth/login/login.service';
import { RefreshService } from '../auth/sessions/refresh.service';
import { TokenPairDto, toTokenPairDto } from '../auth/sessions/token-pair.dto';
import { Public } from '../common/access/public.decorator';
import { AcceptsOAuthForm } from '../common/http/body-parsers';
import { type Client, FromClient } from '../common/http/client';
import { Problems } from '../common/http/problems.decorator';
import { RateLimited } from '../limits/rate-limit.decorator';
import { InDialect } from './dialect.decorator';
import { RefreshTokenDto } from './fastlaunch.dto';

/** Tokens are in the body here, never in cookies, which these clients do not know. */
@InDialect()
@Public()
export class TokensController {
  constructor(
    private readonly logins: LoginService,
    private readonly refreshes: RefreshService,
  ) {}

  @Post('token')
  @RateLimited('login')
  @AcceptsOAuthForm()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Sign in with a form',
    description: 'By username or e-mail address; `grant_type=refresh_token` refreshes.',
  })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiOkResponse({ type: TokenPairDto })
  @Problems(
    'invalid_credentials',
    'email_not_verified',
    'account_disabled',
    'invalid_refresh_token',
    'refresh_token_reused',
    'validation_failed',
    'rate_limited',
    'overloaded',
  )
  async token(@Body() body: TokenRequestDto, @FromClient() client: Client): Promise<TokenPairDto> {
    const pair =
      body.grant_type === 'refresh_token'
        ? await this.refreshes.refresh(body.refresh_token, client)
        : await this.logins.login(body.username, body.password, client);
    return toTokenPairDto(pair);
  }

  @Post('refresh')
  @RateLimited('refresh')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Exchange a refresh token for the next pair' })
  @ApiOkResponse({ type: TokenPairDto })
  @Problems('invalid_refresh_token', 'refresh_token_reused', 'validation_failed', 'rate_limited')
  async refresh(
    @Body() body: RefreshTokenDto,
    @FromClient() client: Client,
  ): Promise<TokenPairDto> {
    return toTokenPairDto(await this.refreshes.refresh(body.refresh_token, client));
  }
}
