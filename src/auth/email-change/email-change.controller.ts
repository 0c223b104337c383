import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { Public } from '../../common/access/public.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import { RateLimited } from '../../limits/rate-limit.decorator';
import type { SignedInUser } from '../../users/account';
import { LinkTokenDto } from '../link-token.dto';
import { ChangeEmailDto } from './email-change.dto';
import { EmailChangeService } from './email-change.service';

@ApiTags('auth')
@Controller('auth/email/change')
export class EmailChangeController {
  constructor(private readonly changes: EmailChangeService) {}

  @Post()
  @SignedIn()
  @RateLimited('login')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Ask to change your address',
    description: 'Mails a link to the new address and a notice to the old one.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('wrong_password', 'email_unchanged', 'validation_failed', 'rate_limited', 'overloaded')
  async request(
    @CurrentUser() user: SignedInUser,
    @Body() body: ChangeEmailDto,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    await this.changes.request(user, body.new_email, body.password, client);
    return message('A link is on its way to the new address.');
  }

  @Post('confirm')
  @Public()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Change the address with the token from the mail',
    description: 'Ends every session but the one that asked.',
  })
  @ApiOkResponse({ type: MessageDto })
  @Problems('invalid_token', 'email_taken', 'validation_failed')
  async confirm(@Body() body: LinkTokenDto, @FromClient() client: Client): Promise<MessageDto> {
    await this.changes.confirm(body.token, client);
    return message('The address is changed.');
  }
}
