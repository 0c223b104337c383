import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { AuthModule } from '../auth/auth.module';
import { TokensModule } from '../tokens/tokens.module';
import { UsersModule } from '../users/users.module';
import { OAuthCallbackController } from './callback.controller';
import { FlowCookies } from './flow/flow-cookies';
import { FlowSeal } from './flow/flow-seal';
import { FlowsService } from './flow/flows.service';
import { SpentFlowsRepository } from './flow/spent-flows.repository';
import { LinkController } from './link/link.controller';
import { LinkedAccountsController } from './linked-accounts/linked-accounts.controller';
import { UnlinkingService } from './linked-accounts/unlinking.service';
import { OAuthBrowser } from './oauth-browser';
import { OAuthController } from './oauth.controller';
import { ProviderRegistry } from './providers/provider-registry';
import { OAuthReplies } from './result/oauth-replies';
import { ShortSpellingsController } from './short-spellings.controller';
import { AccountSettling } from './sign-in/account-settling';
import { KnownAccounts } from './sign-in/known-accounts';
import { OAuthSignInService } from './sign-in/oauth-sign-in.service';

/** How people prove who they are with an account that they have elsewhere. */
@Module({
  imports: [AuthModule, UsersModule, TokensModule, AuditModule],
  controllers: [
    OAuthController,
    OAuthCallbackController,
    LinkController,
    LinkedAccountsController,
    ShortSpellingsController,
  ],
  providers: [
    ProviderRegistry,
    FlowsService,
    FlowSeal,
    FlowCookies,
    SpentFlowsRepository,
    OAuthBrowser,
    OAuthReplies,
    OAuthSignInService,
    KnownAccounts,
    AccountSettling,
    UnlinkingService,
  ],
  exports: [FlowsService],
})
export class OAuthModule {}
