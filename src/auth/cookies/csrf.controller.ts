import { Controller, Get, Header, Req } from '@nestjs/common';
import { ApiCookieAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../common/access/public.decorator';
import { CookieSession } from './cookie-session';
import { CsrfTokenDto } from './cookie-session.dto';

@ApiTags('auth')
@Controller('auth/csrf')
export class CsrfController {
  constructor(private readonly session: CookieSession) {}

  @Get()
  // Not SignedIn: after the access cookie has expired, a reloaded page needs this to refresh.
  @Public()
  @Header('Cache-Control', 'no-store')
  @ApiCookieAuth('cookie')
  @ApiOperation({
    summary: 'The CSRF token of your cookies',
    description: 'For a page of another origin, which cannot read the cookie, after a reload.',
  })
  @ApiOkResponse({ type: CsrfTokenDto })
  async show(@Req() request: FastifyRequest): Promise<CsrfTokenDto> {
    return { csrf_token: await this.session.csrfToken(request) };
  }
}
