import {
  Body,
  Controller,
  Delete,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Post,
  UseGuards,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { Permissions } from '../../common/access/permissions.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { Problems } from '../../common/http/problems.decorator';
import { UuidParam } from '../../common/http/uuid-param.pipe';
import { Clock } from '../../common/time/clock';
import type { Account, SignedInUser } from '../../users/account';
import { toUserDto, UserDto } from '../../users/user.dto';
import { UserNotFoundError } from '../../users/users.errors';
import { CreateUserDto, toAccountChange, toWantedUser, UpdateUserDto } from './admin-users.dto';
import { ProfileOrAdminGuard } from './profile-or-admin.guard';
import { UserChangesService } from './user-changes.service';
import { UserCreationService } from './user-creation.service';

@ApiTags('users')
@SignedIn()
@Controller('users')
export class AdminUsersController {
  constructor(
    private readonly creations: UserCreationService,
    private readonly changes: UserChangesService,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Permissions('users:write')
  @ApiOperation({
    summary: 'Create a user',
    description:
      'With a password, or with `send_invitation` and a mail whose link sets one and proves the ' +
      'address. With a password and without `is_verified`, a verification mail is sent.',
  })
  @ApiCreatedResponse({ type: UserDto })
  @Problems(
    'forbidden',
    'username_taken',
    'email_taken',
    'validation_failed',
    'weak_password',
    'overloaded',
  )
  async create(
    @CurrentUser() { userId }: SignedInUser,
    @Body() body: CreateUserDto,
    @FromClient() client: Client,
  ): Promise<UserDto> {
    return this.toDto(await this.creations.create(toWantedUser(body), userId, client));
  }

  @Patch(':id')
  @UseGuards(ProfileOrAdminGuard)
  @ApiOperation({
    summary: 'Change a user',
    description:
      'Your own profile or, for admins, anybody: their profile, username, address, role and ' +
      'state. A new role, a new address and disabling end all sessions and links of the user. ' +
      'A new address is not verified, and gets a verification mail, unless `is_verified` is ' +
      'true; the old one gets a notice.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: UserDto })
  @Problems(
    'protected_field',
    'forbidden',
    'user_not_found',
    'username_taken',
    'email_taken',
    'last_admin',
    'validation_failed',
  )
  async update(
    @CurrentUser() caller: SignedInUser,
    @Param('id', new UuidParam(UserNotFoundError)) id: string,
    @Body() body: UpdateUserDto,
    @FromClient() client: Client,
  ): Promise<UserDto> {
    return this.toDto(await this.changes.change(caller, id, toAccountChange(body), client));
  }

  @Delete(':id')
  @Permissions('users:delete')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Delete a user',
    description: 'Account, personal data and sessions are gone at once. Mails a farewell.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @Problems('forbidden', 'user_not_found', 'last_admin')
  async delete(
    @CurrentUser() { userId }: SignedInUser,
    @Param('id', new UuidParam(UserNotFoundError)) id: string,
    @FromClient() client: Client,
  ): Promise<void> {
    await this.changes.delete(id, userId, client);
  }

  private toDto(account: Account): UserDto {
    return toUserDto(account, this.clock.now());
  }
}
