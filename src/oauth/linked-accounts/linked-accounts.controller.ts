import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { IdentitiesService } from '../../auth/identities/identities.service';
import { CurrentUser } from '../../common/access/current-user.decorator';
import { SignedIn } from '../../common/access/signed-in.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { message, MessageDto } from '../../common/http/message.dto';
import { Problems } from '../../common/http/problems.decorator';
import type { SignedInUser } from '../../users/account';
import { ProviderRegistry } from '../providers/provider-registry';
import { LinkedAccountsDto } from './linked-accounts.dto';
import { UnlinkingService } from './unlinking.service';

@ApiTags('users')
@SignedIn()
@Controller('users/me')
export class LinkedAccountsController {
  constructor(
    private readonly identities: IdentitiesService,
    private readonly providers: ProviderRegistry,
    private readonly unlinking: UnlinkingService,
  ) {}

  @Get('linked-accounts')
  @ApiOperation({ summary: 'Providers that sign in to your account', description: 'Oldest first.' })
  @ApiOkResponse({ type: LinkedAccountsDto })
  async list(@CurrentUser() { userId, account }: SignedInUser): Promise<LinkedAccountsDto> {
    const linked = await this.identities.listOf(userId);
    return {
      count: linked.length,
      has_password: account.passwordHash !== null,
      linked_accounts: linked.map(({ provider, email, createdAt, lastUsedAt }) => ({
        provider,
        display_name: this.providers.displayNameOf(provider),
        email,
        linked_at: createdAt.toISOString(),
        last_used_at: lastUsedAt.toISOString(),
      })),
    };
  }

  @Delete('link/:provider')
  @ApiOperation({
    summary: 'Unlink a provider from your account',
    description: 'Ends the other sessions that it opened.',
  })
  @ApiParam({ name: 'provider', example: 'google' })
  @ApiOkResponse({ type: MessageDto })
  @Problems('identity_not_found', 'last_sign_in_method')
  async unlink(
    @Param('provider') provider: string,
    @CurrentUser() user: SignedInUser,
    @FromClient() client: Client,
  ): Promise<MessageDto> {
    await this.unlinking.unlink(user, provider, client);
    return message('The sign-in is no longer linked to your account.');
  }
}
