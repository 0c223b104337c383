import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { Permissions } from '../../common/access/permissions.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { linkToNext } from '../../common/http/pages';
import { Problems } from '../../common/http/problems.decorator';
import { UuidParam } from '../../common/http/uuid-param.pipe';
import { AppConfig } from '../../config/app-config';
import { OutboxMailNotFoundError } from '../../mail/mail.errors';
import type { SignedInUser } from '../../users/account';
import { ListMailsDto, MailDto, toMailDto } from './mails.dto';
import { MailsService } from './mails.service';

@ApiTags('admin')
@Permissions('mail:manage')
@Controller('mails')
export class MailsController {
  constructor(
    private readonly mails: MailsService,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Mails owed, sent and given up',
    description:
      'Newest first. Sent ones are kept for 30 days, failed ones until they are retried and sent. ' +
      'For the next page follow `Link`.',
  })
  @ApiOkResponse({
    type: [MailDto],
    headers: {
      Link: {
        description: '`<…>; rel="next"` (RFC 8288), unless this is the last page',
        schema: { type: 'string' },
      },
    },
  })
  @Problems('forbidden', 'validation_failed')
  async list(
    @Query() query: ListMailsDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MailDto[]> {
    const { mails, nextCursor } = await this.mails.list(query);
    const { backendUrl } = this.config.addresses;
    if (nextCursor) void reply.header('link', linkToNext(request, backendUrl, nextCursor));
    return mails.map((mail) => toMailDto(mail));
  }

  @Post(':id/retry')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Try a failed mail again',
    description: 'With all its attempts anew. A link in it is made afresh when it is sent.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: MessageDto })
  @Problems('forbidden', 'mail_not_found', 'mail_not_failed')
  async retry(
    @CurrentUser() { userId }: SignedInUser,
    @Param('id', new UuidParam(OutboxMailNotFoundError)) mailId: string,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    await this.mails.retry(mailId, userId, client);
    return message('The mail will be sent again.');
  }
}
