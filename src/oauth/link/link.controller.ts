import { Controller, Get, Header, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import {
  ApiFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BearerOnly } from '../../common/access/bearer-only.decorator';
import { CurrentUser } from '../../common/access/current-user.decorator';
import type { Principal } from '../../common/access/principal';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { Problems } from '../../common/http/problems.decorator';
import { FlowsService, type FlowStart } from '../flow/flows.service';
import { redirectIn } from '../oauth-browser';
import { AuthorizationUrlDto } from '../oauth.dto';

@ApiTags('oauth')
@SignedIn()
@ApiParam({ name: 'provider', example: 'google' })
@ApiQuery({
  name: 'redirect_to',
  required: false,
  description: 'where to end, beneath FRONTEND_URL or one of ALLOWED_REDIRECT_URLS',
})
@Controller('auth/link')
export class LinkController {
  constructor(private readonly flows: FlowsService) {}

  @Post(':provider')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Begin to link a provider to your account',
    description:
      'Call it with credentials included, then navigate to `authorization_url`. The browser comes ' +
      'back to the frontend with `?linked=` or `?error=`.',
  })
  @ApiOkResponse({ type: AuthorizationUrlDto })
  @Problems('unknown_provider', 'provider_not_configured', 'redirect_not_allowed', 'provider_error')
  async start(
    @Param('provider') provider: string,
    @CurrentUser() user: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuthorizationUrlDto> {
    const { authorizationUrl, cookies } = await this.begin(provider, user, request);
    void reply.header('set-cookie', [...cookies]);
    return { authorization_url: authorizationUrl };
  }

  /** A cookie alone does not do: a link on any page could start it. */
  @Get(':provider')
  @BearerOnly()
  @ApiOperation({
    summary: 'Begin to link a provider, by a redirect',
    description:
      'For a client that reads the redirect itself. With a Bearer token only; a cookie is not looked at.',
  })
  @ApiFoundResponse({ description: 'To the provider' })
  @Problems('unknown_provider', 'provider_not_configured', 'redirect_not_allowed', 'provider_error')
  async leave(
    @Param('provider') provider: string,
    @CurrentUser() user: Principal,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { authorizationUrl, cookies } = await this.begin(provider, user, request);
    await reply
      .headers({ 'set-cookie': [...cookies], 'cache-control': 'no-store' })
      .redirect(authorizationUrl, 302);
  }

  private begin(
    provider: string,
    { userId, sessionId }: Principal,
    { query, headers }: FastifyRequest,
  ): Promise<FlowStart> {
    return this.flows.begin({
      provider,
      redirectTo: redirectIn(query as Readonly<Record<string, unknown>>),
      linker: { userId, sessionId },
      cookieHeader: headers.cookie,
    });
  }
}
