import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { Permissions } from '../../common/access/permissions.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { linkToNext } from '../../common/http/pages';
import { Problems } from '../../common/http/problems.decorator';
import { UuidParam } from '../../common/http/uuid-param.pipe';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import type { SignedInUser } from '../account';
import { toUserDto, UserDto } from '../user.dto';
import { UserNotFoundError } from '../users.errors';
import {
  ListUsersDto,
  PublicProfileDto,
  toPublicProfileDto,
  toUserStatsDto,
  UserStatsDto,
} from './directory.dto';
import { DirectoryService, type Entry } from './directory.service';

const WHOLE_OR_PUBLIC = {
  oneOf: [{ $ref: getSchemaPath(UserDto) }, { $ref: getSchemaPath(PublicProfileDto) }],
};

@ApiTags('users')
@SignedIn()
@ApiExtraModels(UserDto, PublicProfileDto)
@Controller('users')
export class DirectoryController {
  constructor(
    private readonly directory: DirectoryService,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Permissions('profiles:read')
  @ApiOperation({
    summary: 'List or search users',
    description:
      'Admins see whole accounts; others see public profiles of active users, and get 403 for ' +
      'what only admins may filter or sort by. Newest first unless `sort` says otherwise. For ' +
      'the next page follow `Link`: its cursor misses and repeats nobody while users come and go.',
  })
  @ApiOkResponse({
    headers: {
      'X-Total-Count': { description: 'matches on all pages', schema: { type: 'integer' } },
      Link: {
        description: '`<…>; rel="next"` (RFC 8288), unless this is the last page',
        schema: { type: 'string' },
      },
    },
    schema: { type: 'array', items: WHOLE_OR_PUBLIC },
  })
  @Problems('forbidden', 'validation_failed')
  async list(
    @CurrentUser() caller: SignedInUser,
    @Query() query: ListUsersDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<(UserDto | PublicProfileDto)[]> {
    const { sort: order, is_active: isActive, q: search, ...rest } = query;
    const page = await this.directory.list(caller, { ...rest, order, isActive, search });
    void reply.header('x-total-count', String(page.total));
    if (page.nextCursor)
      void reply.header(
        'link',
        linkToNext(request, this.config.addresses.backendUrl, page.nextCursor),
      );
    return page.entries.map((entry) => this.toDto(entry));
  }

  @Get('stats/count')
  @Permissions('users:read')
  @ApiOperation({ summary: 'How many users there are, by role, state and verification' })
  @ApiOkResponse({ type: UserStatsDto })
  @Problems('forbidden')
  async stats(): Promise<UserStatsDto> {
    return toUserStatsDto(await this.directory.stats());
  }

  @Get(':id')
  @ApiOperation({
    summary: 'One user',
    description:
      'Whole to themselves and to admins; to others the public profile of an active user. ' +
      'Guests see themselves only.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ schema: WHOLE_OR_PUBLIC })
  @Problems('forbidden', 'user_not_found')
  async get(
    @CurrentUser() caller: SignedInUser,
    @Param('id', new UuidParam(UserNotFoundError)) id: string,
  ): Promise<UserDto | PublicProfileDto> {
    return this.toDto(await this.directory.get(caller, id));
  }

  private toDto({ account, isWhole }: Entry): UserDto | PublicProfileDto {
    return isWhole ? toUserDto(account, this.clock.now()) : toPublicProfileDto(account);
  }
}
