import { Body, Get, Patch, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { BearerOnly } from '../common/access/bearer-only.decorator';
import { CurrentUser } from '../common/access/current-user.decorator';
import { Problems } from '../common/http/problems.decorator';
import { Clock } from '../common/time/clock';
import type { Account, SignedInUser } from '../users/account';
import { toProfile, UpdateMeDto } from '../users/me.dto';
import { ProtectedFieldsGuard } from '../users/protected-fields.guard';
import { SubscriptionsService } from '../users/subscriptions/subscriptions.service';
import { UsersService } from '../users/users.service';
import { InDialect } from './dialect.decorator';
import { toUserWithPlanDto, UserWithPlanDto } from './user.dto';

@InDialect()
@BearerOnly()
export class UserController {
  constructor(
    private readonly users: UsersService,
    private readonly subscriptions: SubscriptionsService,
    private readonly clock: Clock,
  ) {}

  @Get('get-user')
  @ApiOperation({ summary: 'Your own account, and what you pay for' })
  @ApiOkResponse({ type: UserWithPlanDto })
  get(@CurrentUser() user: SignedInUser): Promise<UserWithPlanDto> {
    return this.toDto(user.account);
  }

  @Patch('update-user')
  @UseGuards(ProtectedFieldsGuard)
  @ApiOperation({
    summary: 'Change your profile',
    description: 'null or an empty string clears a field; a field left out stays as it is.',
  })
  @ApiOkResponse({ type: UserWithPlanDto })
  @Problems('protected_field', 'user_not_found', 'validation_failed')
  async update(
    @CurrentUser() user: SignedInUser,
    @Body() body: UpdateMeDto,
  ): Promise<UserWithPlanDto> {
    return this.toDto(await this.users.updateProfile(user.account, toProfile(body)));
  }

  private async toDto(account: Account): Promise<UserWithPlanDto> {
    const subscription = await this.subscriptions.find(account.id);
    return toUserWithPlanDto(account, subscription, this.clock.now());
  }
}
