import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../common/access/current-user.decorator';
import { SignedIn } from '../common/access/signed-in.decorator';
import { Clock } from '../common/time/clock';
import type { SignedInUser } from '../users/account';
import { toUserDto, UserDto } from '../users/user.dto';

@ApiTags('auth')
@SignedIn()
@Controller('auth/me')
export class AuthMeController {
  constructor(private readonly clock: Clock) {}

  @Get()
  @ApiOperation({ summary: 'Whose access token this is' })
  @ApiOkResponse({ type: UserDto })
  get(@CurrentUser() user: SignedInUser): UserDto {
    return toUserDto(user.account, this.clock.now());
  }
}
