import { Body, Controller, Get, Patch, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../common/access/current-user.decorator';
import { SignedIn } from '../common/access/signed-in.decorator';
import { Problems } from '../common/http/problems.decorator';
import { Clock } from '../common/time/clock';
import type { SignedInUser } from './account';
import { toProfile, UpdateMeDto } from './me.dto';
import { ProtectedFieldsGuard } from './protected-fields.guard';
import { toUserDto, UserDto } from './user.dto';
import { UsersService } from './users.service';

@ApiTags('users')
@SignedIn()
@Controller('users/me')
export class MeController {
  constructor(
    private readonly users: UsersService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Your own account' })
  @ApiOkResponse({ type: UserDto })
  get(@CurrentUser() user: SignedInUser): UserDto {
    return toUserDto(user.account, this.clock.now());
  }

  @Patch()
  @UseGuards(ProtectedFieldsGuard)
  @ApiOperation({
    summary: 'Change your profile',
    description: 'null or an empty string clears a field; a field left out stays as it is.',
  })
  @ApiOkResponse({ type: UserDto })
  @Problems('protected_field', 'user_not_found', 'validation_failed')
  async update(@CurrentUser() user: SignedInUser, @Body() body: UpdateMeDto): Promise<UserDto> {
    const account = await this.users.updateProfile(user.account, toProfile(body));
    return toUserDto(account, this.clock.now());
  }
}
