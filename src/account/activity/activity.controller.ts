import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditTrail } from '../../audit/audit-trail.service';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { linkToNext } from '../../common/http/pages';
import { Problems } from '../../common/http/problems.decorator';
import { AppConfig } from '../../config/app-config';
import type { SignedInUser } from '../../users/account';
import { ActivityDto, ListActivityDto, toActivityDto } from './activity.dto';

@ApiTags('users')
@SignedIn()
@Controller('users/me/activity')
export class ActivityController {
  constructor(
    private readonly trail: AuditTrail,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'What happened to your account',
    description: 'Sign-ins, refused ones too, and changes; newest first. For more follow `Link`.',
  })
  @ApiOkResponse({
    type: [ActivityDto],
    headers: {
      Link: {
        description: '`<…>; rel="next"` (RFC 8288), unless this is the last page',
        schema: { type: 'string' },
      },
    },
  })
  @Problems('validation_failed')
  async list(
    @CurrentUser() { userId }: SignedInUser,
    @Query() { limit, cursor }: ListActivityDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ActivityDto[]> {
    const page = await this.trail.list({ subjectId: userId }, limit, cursor);
    const { backendUrl } = this.config.addresses;
    if (page.nextCursor)
      void reply.header('link', linkToNext(request, backendUrl, page.nextCursor));
    return page.events.map((event) => toActivityDto(userId, event));
  }
}
