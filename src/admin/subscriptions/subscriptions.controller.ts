import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { Permissions } from '../../common/access/permissions.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { Problems } from '../../common/http/problems.decorator';
import { UuidParam } from '../../common/http/uuid-param.pipe';
import { Clock } from '../../common/time/clock';
import type { SignedInUser } from '../../users/account';
import {
  PutSubscriptionResultDto,
  SubscriptionDto,
  toSubscriptionDto,
} from '../../users/subscriptions/subscription.dto';
import { SubscriptionsService } from '../../users/subscriptions/subscriptions.service';
import { UserNotFoundError } from '../../users/users.errors';
import { PutSubscriptionDto, termsOf } from './put-subscription.dto';

const UserId = () => Param('id', new UuidParam(UserNotFoundError));

@ApiTags('admin')
@ApiParam({ name: 'id', format: 'uuid' })
@Controller('users/:id/subscription')
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Permissions('users:read')
  @ApiOperation({ summary: 'What a user pays for' })
  @ApiOkResponse({ type: SubscriptionDto })
  @Problems('forbidden', 'user_not_found')
  async get(@UserId() userId: string): Promise<SubscriptionDto> {
    return toSubscriptionDto(await this.subscriptions.findOf(userId), this.clock.now());
  }

  @Put()
  @Permissions('subscriptions:write')
  @ApiOperation({
    summary: 'Say what a user pays for',
    description:
      'Replaces all of it: what is left out is null from then on. Events may be sent again and ' +
      'in any order: the one that happened last stays, and an older one answers `applied: false`.',
  })
  @ApiOkResponse({ type: PutSubscriptionResultDto, description: 'the subscription as it is then' })
  @Problems('forbidden', 'user_not_found', 'validation_failed')
  async put(
    @CurrentUser() { userId: actorId }: SignedInUser,
    @UserId() userId: string,
    @Body() body: PutSubscriptionDto,
    @FromClient() client: Client,
  ): Promise<PutSubscriptionResultDto> {
    const event = { userId, terms: termsOf(body), occurredAt: body.occurred_at ?? null };
    const { applied, subscription } = await this.subscriptions.put(event, actorId, client);
    return { ...toSubscriptionDto(subscription, this.clock.now()), applied };
  }
}
