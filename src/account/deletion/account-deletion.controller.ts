import { Body, Controller, Delete, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SessionCookies } from '../../auth/cookies/session-cookies';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import { RateLimited } from '../../limits/rate-limit.decorator';
import type { SignedInUser } from '../../users/account';
import { DeleteAccountDto } from './account-deletion.dto';
import { AccountDeletionService } from './account-deletion.service';

@ApiTags('users')
@SignedIn()
@Controller('users/me')
export class AccountDeletionController {
  constructor(
    private readonly deletions: AccountDeletionService,
    private readonly cookies: SessionCookies,
  ) {}

  @Delete()
  @RateLimited('login')
  @ApiOperation({
    summary: 'Delete your account',
    description:
      'With your password or, without one, within five minutes of signing in. Account, sessions ' +
      'and personal data are gone at once; a farewell is mailed. The audit trail keeps your id ' +
      'and nothing else of you.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems(
    'reauthentication_required',
    'wrong_password',
    'last_admin',
    'validation_failed',
    'rate_limited',
    'overloaded',
  )
  async delete(
    @CurrentUser() user: SignedInUser,
    @Body() body: DeleteAccountDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    await this.deletions.delete(user, body.password ?? null, client);
    this.cookies.clearSent(request, reply);
    return message('Your account is deleted.');
  }
}
