import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditTrail } from '../../audit/audit-trail.service';
import { Permissions } from '../../common/access/permissions.decorator';
import { linkToNext } from '../../common/http/pages';
import { Problems } from '../../common/http/problems.decorator';
import { AppConfig } from '../../config/app-config';
import { AuditEventDto, ListAuditEventsDto, toAuditEventDto } from './audit-events.dto';

@ApiTags('admin')
@Controller('audit-events')
export class AuditEventsController {
  constructor(
    private readonly trail: AuditTrail,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @Permissions('audit:read')
  @ApiOperation({
    summary: 'Who did what to whom, from where',
    description: 'Newest first. For the next page follow `Link`.',
  })
  @ApiOkResponse({
    type: [AuditEventDto],
    headers: {
      Link: {
        description: '`<…>; rel="next"` (RFC 8288), unless this is the last page',
        schema: { type: 'string' },
      },
    },
  })
  @Problems('forbidden', 'validation_failed')
  async list(
    @Query() query: ListAuditEventsDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditEventDto[]> {
    const { user: userId, action, since, until, limit, cursor } = query;
    const page = await this.trail.survey({ userId, action, since, until }, limit, cursor);
    const { backendUrl } = this.config.addresses;
    if (page.nextCursor)
      void reply.header('link', linkToNext(request, backendUrl, page.nextCursor));
    return page.events.map(toAuditEventDto);
  }
}
