import { Body, Controller, Get, Header, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import {
  ApiFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WantsCookies } from '../auth/cookies/cookie-mode';
import type { CookieSessionDto } from '../auth/cookies/cookie-session.dto';
import { OffersCookies } from '../auth/cookies/offers-cookies.decorator';
import { TokenDelivery } from '../auth/cookies/token-delivery';
import { SessionsService } from '../auth/sessions/sessions.service';
import type { TokenPairDto } from '../auth/sessions/token-pair.dto';
import { Public } from '../common/access/public.decorator';
import { Problems } from '../common/http/problems.decorator';
import { AppConfig } from '../config/app-config';
import { OAuthBrowser } from './oauth-browser';
import { ExchangeDto, ProvidersDto } from './oauth.dto';
import { InvalidExchangeCodeError } from './oauth.errors';
import { ProviderRegistry } from './providers/provider-registry';

@ApiTags('oauth')
@Public()
@Controller('auth/oauth')
export class OAuthController {
  constructor(
    private readonly browser: OAuthBrowser,
    private readonly providers: ProviderRegistry,
    private readonly sessions: SessionsService,
    private readonly delivery: TokenDelivery,
    private readonly config: AppConfig,
  ) {}

  @Get('providers')
  @ApiOperation({ summary: 'Providers that can be signed in with' })
  @ApiOkResponse({ type: ProvidersDto })
  list(): ProvidersDto {
    const { backendUrl } = this.config.addresses;
    return {
      providers: this.providers.list().map(({ name, displayName }) => ({
        name,
        display_name: displayName,
        start_url: `${backendUrl}/api/v1/auth/oauth/${name}`,
      })),
    };
  }

  @Get(':provider')
  @ApiOperation({
    summary: 'Sign in with a provider',
    description:
      'For a link or a button, not for **Execute**, which cannot leave this page: open it in a tab, ' +
      'for example [with Google](/api/v1/auth/oauth/google). It leads to the provider and back to ' +
      'the frontend, with `?code=` for `POST /auth/oauth/exchange` or `?error=`.',
  })
  @ApiParam({ name: 'provider', example: 'google' })
  @ApiQuery({
    name: 'redirect_to',
    required: false,
    description: 'where to end, beneath FRONTEND_URL or one of ALLOWED_REDIRECT_URLS',
  })
  @ApiFoundResponse({ description: 'To the provider' })
  @Problems('unknown_provider', 'provider_not_configured', 'redirect_not_allowed')
  leave(
    @Param('provider') provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.browser.leave(provider, request, reply);
  }

  @Post('exchange')
  @OffersCookies()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Fetch the tokens of a sign-in with a provider',
    description: 'The code works once, for a minute.',
  })
  @Problems('invalid_code', 'origin_not_allowed', 'validation_failed')
  async exchange(
    @Body() { code }: ExchangeDto,
    @WantsCookies() asCookies: boolean,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenPairDto | CookieSessionDto> {
    const pair = await this.sessions.exchange(code);
    if (!pair) throw new InvalidExchangeCodeError();
    return this.delivery.deliver(pair, reply, asCookies);
  }
}
