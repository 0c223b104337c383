import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { Public } from '../../common/access/public.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import type { SignedInUser } from '../../users/account';
import { bearerTokenIn } from '../bearer-token';
import { SessionsService } from '../sessions/sessions.service';
import { LogoutDto, RevokedDto } from './logout.dto';
import { LogoutService } from './logout.service';

@ApiTags('auth')
@Controller('auth')
export class LogoutController {
  constructor(
    private readonly logouts: LogoutService,
    private readonly sessions: SessionsService,
  ) {}

  @Post('logout')
  @Public()
  @HttpCode(200)
  @ApiBearerAuth('bearer')
  @ApiOperation({
    summary: 'End this session',
    description: 'By access token, by refresh token in the body, or both. Twice is fine.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('unauthenticated', 'invalid_access_token', 'invalid_refresh_token', 'validation_failed')
  async logout(
    @Body() body: LogoutDto,
    @Headers('authorization') authorization: string | undefined,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    const accessToken = bearerTokenIn(authorization);
    await this.logouts.logout(accessToken, body.refresh_token ?? null, client);
    return message('Signed out.');
  }

  @Post('logout-all')
  @SignedIn()
  @HttpCode(200)
  @ApiOperation({ summary: 'End all your sessions, this one too' })
  @ApiOkResponse({ type: RevokedDto })
  async logoutAll(
    @CurrentUser() user: SignedInUser,
    @FromClient() client: Client,
  ): Promise<RevokedDto> {
    return { revoked: await this.sessions.revokeAll(user.userId, client) };
  }
}
