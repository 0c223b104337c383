import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { AuditModule } from '../audit/audit.module';
import { PolicyGuard } from '../common/access/policy.guard';
import { LimitsModule } from '../limits/limits.module';
import { TokensModule } from '../tokens/tokens.module';
import { UsersModule } from '../users/users.module';
import { AccessTokenGuard } from './access-token.guard';
import { AccessTokenStrategy } from './access-token.strategy';
import { AllowedOrigins } from './cookies/allowed-origins';
import { CookieRequestGuard } from './cookies/cookie-request.guard';
import { CookieSession } from './cookies/cookie-session';
import { CsrfProof } from './cookies/csrf-proof';
import { CsrfController } from './cookies/csrf.controller';
import { SessionCookies } from './cookies/session-cookies';
import { TokenDelivery } from './cookies/token-delivery';
import { UserDeletion } from './deletion/user-deletion';
import { EmailChangeController } from './email-change/email-change.controller';
import { EmailChangeService } from './email-change/email-change.service';
import { EmailVerificationController } from './email-verification/email-verification.controller';
import { EmailVerificationService } from './email-verification/email-verification.service';
import { IdentitiesRepository } from './identities/identities.repository';
import { IdentitiesService } from './identities/identities.service';
import { IntrospectionController } from './introspection/introspection.controller';
import { IntrospectionGuard } from './introspection/introspection.guard';
import { IntrospectionService } from './introspection/introspection.service';
import { InvitationService } from './invitation/invitation.service';
import { JwksController } from './jwks/jwks.controller';
import { LoginController } from './login/login.controller';
import { LoginService } from './login/login.service';
import { CookieLogout } from './logout/cookie-logout';
import { LogoutController } from './logout/logout.controller';
import { LogoutService } from './logout/logout.service';
import { MailLinks } from './mail-links';
import { AuthMeController } from './me.controller';
import { PasswordChangeController } from './password-change/password-change.controller';
import { PasswordChangeService } from './password-change/password-change.service';
import { PasswordResetController } from './password-reset/password-reset.controller';
import { PasswordResetService } from './password-reset/password-reset.service';
import { NewPasswords } from './passwords/new-passwords';
import { PasswordProof } from './passwords/password-proof';
import { passwordProviders } from './passwords/password.providers';
import { CookieRefresh } from './refresh/cookie-refresh';
import { RefreshController } from './refresh/refresh.controller';
import { BootstrapAdminService } from './registration/bootstrap-admin.service';
import { RegistrationController } from './registration/registration.controller';
import { RegistrationService } from './registration/registration.service';
import { NewSignInMail } from './sessions/new-sign-in-mail';
import { RefreshService } from './sessions/refresh.service';
import { SessionsController } from './sessions/sessions.controller';
import { SessionsRepository } from './sessions/sessions.repository';
import { SessionsService } from './sessions/sessions.service';

/** How people prove who they are, with a password and by mail. */
@Module({
  imports: [PassportModule, UsersModule, TokensModule, LimitsModule, AuditModule],
  controllers: [
    RegistrationController,
    LoginController,
    RefreshController,
    LogoutController,
    CsrfController,
    AuthMeController,
    PasswordChangeController,
    PasswordResetController,
    EmailVerificationController,
    EmailChangeController,
    SessionsController,
    IntrospectionController,
    JwksController,
  ],
  providers: [
    AccessTokenStrategy,
    // Global, and in this order: who is it, did they mean it, then may they.
    { provide: APP_GUARD, useClass: AccessTokenGuard },
    { provide: APP_GUARD, useClass: CookieRequestGuard },
    { provide: APP_GUARD, useClass: PolicyGuard },
    SessionsService,
    SessionsRepository,
    NewSignInMail,
    RefreshService,
    SessionCookies,
    AllowedOrigins,
    CsrfProof,
    CookieSession,
    TokenDelivery,
    CookieRefresh,
    IdentitiesService,
    IdentitiesRepository,
    UserDeletion,
    MailLinks,
    ...passwordProviders,
    NewPasswords,
    PasswordProof,
    RegistrationService,
    BootstrapAdminService,
    LoginService,
    LogoutService,
    CookieLogout,
    PasswordChangeService,
    PasswordResetService,
    EmailVerificationService,
    EmailChangeService,
    InvitationService,
    IntrospectionService,
    IntrospectionGuard,
  ],
  exports: [
    RegistrationService,
    LoginService,
    RefreshService,
    EmailVerificationService,
    PasswordResetService,
    EmailChangeService,
    SessionsService,
    IdentitiesService,
    UserDeletion,
    InvitationService,
    PasswordProof,
    NewPasswords,
    SessionCookies,
    TokenDelivery,
    AllowedOrigins,
  ],
})
export class AuthModule {}
