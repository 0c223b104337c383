import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import { RateLimited } from '../../limits/rate-limit.decorator';
import type { SignedInUser } from '../../users/account';
import { ChangePasswordDto } from './password-change.dto';
import { PasswordChangeService } from './password-change.service';

@ApiTags('auth')
@SignedIn()
@Controller('auth/password/change')
export class PasswordChangeController {
  constructor(private readonly changes: PasswordChangeService) {}

  @Post()
  @RateLimited('login')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Change your password',
    description: 'Ends your other sessions and mails a notice.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('wrong_password', 'validation_failed', 'weak_password', 'rate_limited', 'overloaded')
  async change(
    @CurrentUser() user: SignedInUser,
    @Body() body: ChangePasswordDto,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    await this.changes.change(user, body.current_password, body.new_password, client);
    return message('The password is changed. Your other sessions have ended.');
  }
}
