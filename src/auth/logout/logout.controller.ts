import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCookieAuth,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { Public } from '../../common/access/public.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import type { SignedInUser } from '../../users/account';
import { bearerTokenIn } from '../bearer-token';
import { SessionCookies } from '../cookies/session-cookies';
import { SessionsService } from '../sessions/sessions.service';
import { CookieLogout } from './cookie-logout';
import { LogoutDto, RevokedDto } from './logout.dto';
import { LogoutService } from './logout.service';

@ApiTags('auth')
@Controller('auth')
export class LogoutController {
  constructor(
    private readonly logouts: LogoutService,
    private readonly cookieLogouts: CookieLogout,
    private readonly sessions: SessionsService,
    private readonly cookies: SessionCookies,
  ) {}

  @Post('logout')
  @Public()
  @HttpCode(200)
  @ApiBearerAuth('bearer')
  @ApiCookieAuth('cookie')
  @ApiOperation({
    summary: 'End this session',
    description:
      'By access token, by refresh token in the body, or both; with neither, by the cookies. ' +
      'Twice is fine. Clears the cookies.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('invalid_refresh_token', 'validation_failed')
  async logout(
    @Body() body: LogoutDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    const accessToken = bearerTokenIn(request.headers.authorization);
    const refreshToken = body.refresh_token ?? null;
    if ((accessToken ?? refreshToken) === null)
      await this.cookieLogouts.logout(request, reply, client);
    else await this.logouts.logout(accessToken, refreshToken, client);
    this.cookies.clearSent(request, reply);
    return message('Signed out.');
  }

  @Post('logout-all')
  @SignedIn()
  @HttpCode(200)
  @ApiOperation({ summary: 'End all your sessions, this one too' })
  @ApiOkResponse({ type: RevokedDto })
  async logoutAll(
    @CurrentUser() user: SignedInUser,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromClient() client: Client,
  ): Promise<RevokedDto> {
    const revoked = await this.sessions.revokeAll(user.userId, client);
    this.cookies.clearSent(request, reply);
    return { revoked };
  }
}
