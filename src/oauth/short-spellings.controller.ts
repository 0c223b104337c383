import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../common/access/public.decorator';
import { OAuthBrowser } from './oauth-browser';
import { ProviderName } from './provider-name.pipe';

/** The same by the names that clients of the session service know: `/api/auth/google`. */
@ApiExcludeController()
@Public()
@Controller('auth')
export class ShortSpellingsController {
  constructor(private readonly browser: OAuthBrowser) {}

  @Get(':provider')
  leave(
    @Param('provider', ProviderName) provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.browser.leave(provider, request, reply);
  }

  @Get([':provider/callback', 'link/:provider/callback'])
  comeBack(
    @Param('provider', ProviderName) provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.browser.comeBack(provider, request, reply);
  }
}
