import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../common/access/public.decorator';
import { AcceptsOAuthForm } from '../../common/http/body-parsers';
import { type Client, FromClient } from '../../common/http/client';
import { Problems } from '../../common/http/problems.decorator';
import { RateLimited } from '../../limits/rate-limit.decorator';
import { TokenPairDto, toTokenPairDto } from '../sessions/token-pair.dto';
import { RefreshService } from '../sessions/refresh.service';
import { LoginDto, TokenRequestDto } from './login.dto';
import { LoginService } from './login.service';

@ApiTags('auth')
@Controller('auth')
export class LoginController {
  constructor(
    private readonly logins: LoginService,
    private readonly refreshes: RefreshService,
  ) {}

  @Post('login')
  @Public()
  @RateLimited('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign in with JSON' })
  @ApiOkResponse({ type: TokenPairDto })
  @Problems(
    'invalid_credentials',
    'email_not_verified',
    'account_disabled',
    'validation_failed',
    'rate_limited',
    'overloaded',
  )
  async login(@Body() body: LoginDto, @FromClient() client: Client): Promise<TokenPairDto> {
    return toTokenPairDto(await this.logins.login(body.username, body.password, client));
  }

  @Post(['token', 'login/form'])
  @Public()
  @RateLimited('login')
  @AcceptsOAuthForm()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Sign in or refresh with an OAuth2 form',
    description: 'RFC 6749 §4.3 and §6.',
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
}
