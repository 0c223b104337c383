import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { Clock } from '../../common/time/clock';
import type { SignedInUser } from '../../users/account';
import { SubscriptionDto, toSubscriptionDto } from '../../users/subscriptions/subscription.dto';
import { SubscriptionsService } from '../../users/subscriptions/subscriptions.service';

@ApiTags('users')
@SignedIn()
@Controller('users/me/subscription')
export class OwnSubscriptionController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What you pay for' })
  @ApiOkResponse({ type: SubscriptionDto })
  async get(@CurrentUser() { userId }: SignedInUser): Promise<SubscriptionDto> {
    return toSubscriptionDto(await this.subscriptions.find(userId), this.clock.now());
  }
}
