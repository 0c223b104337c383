import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import { UuidParam } from '../../common/http/uuid-param.pipe';
import type { SignedInUser } from '../../users/account';
import { SessionsDto, toSessionDto } from './session.dto';
import { SessionNotFoundError } from './sessions.errors';
import { SessionsService } from './sessions.service';

@ApiTags('users')
@SignedIn()
@Controller('users/me/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  @ApiOperation({ summary: 'Where you are signed in', description: 'Newest use first.' })
  @ApiOkResponse({ type: SessionsDto })
  async list(@CurrentUser() user: SignedInUser): Promise<SessionsDto> {
    const live = await this.sessions.list(user.userId);
    return {
      count: live.length,
      sessions: live.map((session) => toSessionDto(session, user.sessionId)),
    };
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Sign one of your sessions out' })
  @ApiOkResponse({ type: MessageDto })
  @Problems('session_not_found')
  async revoke(
    @CurrentUser() { userId }: SignedInUser,
    @Param('id', new UuidParam(SessionNotFoundError)) sessionId: string,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    const ended = await this.sessions.end({ sessionId, userId }, 'session_revoked', client);
    if (!ended) throw new SessionNotFoundError();
    return message('The session was ended.');
  }
}
