import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { RevokedDto } from '../../auth/logout/logout.dto';
import { SessionsDto, toSessionDto } from '../../auth/sessions/session.dto';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { Permissions } from '../../common/access/permissions.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import { UuidParam } from '../../common/http/uuid-param.pipe';
import { RateLimited } from '../../limits/rate-limit.decorator';
import type { SignedInUser } from '../../users/account';
import { UserNotFoundError } from '../../users/users.errors';
import { SupportService } from './support.service';

const UserId = () => Param('id', new UuidParam(UserNotFoundError));

@ApiTags('users')
@ApiParam({ name: 'id', format: 'uuid' })
@Controller('users/:id')
export class SupportController {
  constructor(private readonly support: SupportService) {}

  @Get('sessions')
  @Permissions('sessions:manage')
  @ApiOperation({ summary: 'Where a user is signed in', description: 'Newest use first.' })
  @ApiOkResponse({ type: SessionsDto })
  @Problems('forbidden', 'user_not_found')
  async sessions(
    @CurrentUser() admin: SignedInUser,
    @UserId() userId: string,
  ): Promise<SessionsDto> {
    const live = await this.support.sessionsOf(userId);
    return {
      count: live.length,
      sessions: live.map((session) => toSessionDto(session, admin.sessionId)),
    };
  }

  @Post('logout-all')
  @Permissions('sessions:manage')
  @HttpCode(200)
  @ApiOperation({ summary: 'End all sessions of a user' })
  @ApiOkResponse({ type: RevokedDto })
  @Problems('forbidden', 'user_not_found')
  async logoutAll(
    @CurrentUser() { userId: adminId }: SignedInUser,
    @UserId() userId: string,
    @FromClient() client: Client,
  ): Promise<RevokedDto> {
    return { revoked: await this.support.endSessions({ adminId, userId, client }) };
  }

  @Post('password/reset')
  @Permissions('users:write')
  @RateLimited('mail')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Mail a user a link that sets a new password',
    description: 'Their password and sessions stay as they are until they follow it.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('forbidden', 'user_not_found', 'no_email', 'user_disabled', 'rate_limited')
  async resetPassword(
    @CurrentUser() { userId: adminId }: SignedInUser,
    @UserId() userId: string,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    await this.support.mailPasswordReset({ adminId, userId, client });
    return message('A reset link is on its way to the address of the account.');
  }

  @Post('email/verification')
  @Permissions('users:write')
  @RateLimited('mail')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Mail a user a new verification link',
    description: 'Nothing is sent if the address is verified already.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('forbidden', 'user_not_found', 'no_email', 'user_disabled', 'rate_limited')
  async verifyEmail(
    @CurrentUser() { userId: adminId }: SignedInUser,
    @UserId() userId: string,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    const isOwed = await this.support.mailVerification({ adminId, userId, client });
    return message(
      isOwed
        ? 'A verification link is on its way to the address of the account.'
        : 'The address was verified already.',
    );
  }
}
