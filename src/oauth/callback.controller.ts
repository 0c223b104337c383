import { Controller, Get, Param, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiFoundResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../common/access/public.decorator';
import { Problems } from '../common/http/problems.decorator';
import { OAuthBrowser } from './oauth-browser';

/** The URI registered at providers, and FastLaunch's spelling of the start. */
@ApiTags('oauth')
@Public()
@Controller({ path: 'auth/oauth', version: VERSION_NEUTRAL })
export class OAuthCallbackController {
  constructor(private readonly browser: OAuthBrowser) {}

  @Get('callback/:provider')
  @ApiOperation({
    summary: 'Where a provider sends the browser back to',
    description: 'Register `{BACKEND_URL}/auth/oauth/callback/{provider}` there.',
  })
  @ApiParam({ name: 'provider', example: 'google' })
  @ApiFoundResponse({ description: 'To the frontend, with `?code=` or `?error=`' })
  @Problems('unknown_provider', 'provider_not_configured')
  comeBack(
    @Param('provider') provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.browser.comeBack(provider, request, reply);
  }

  @Get(':provider')
  @ApiTags('fastlaunch')
  @ApiOperation({ summary: 'Sign in with a provider, at the path that FastLaunch has' })
  @ApiParam({ name: 'provider', example: 'google' })
  @ApiFoundResponse({ description: 'To the provider' })
  @Problems('unknown_provider', 'provider_not_configured', 'redirect_not_allowed')
  leave(
    @Param('provider') provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.browser.leave(provider, request, reply);
  }
}
