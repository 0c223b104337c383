import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { AppConfig } from '../../config/app-config';
import { UnitOfWork } from '../../database/unit-of-work';
import { EmailTakenError, UsernameTakenError } from '../../users/users.errors';
import { UsersService } from '../../users/users.service';
import { PasswordHasher } from '../passwords/password-hasher';

/** Makes the admin that BOOTSTRAP_ADMIN_… names, if there is no admin yet. */
@Injectable()
export class BootstrapAdminService implements OnApplicationBootstrap {
  private readonly logger = new Logger(BootstrapAdminService.name);

  constructor(
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const wanted = this.config.bootstrapAdmin;
    if (!wanted || (await this.users.hasAdmin())) return;
    const { username, email, password } = wanted;
    const passwordHash = await this.hasher.hash(password);
    try {
      await this.unitOfWork.run(async (tx) => {
        const { id } = await this.users.create(tx, {
          username,
          email: email.toLowerCase(),
          passwordHash,
          role: 'admin',
          isEmailVerified: true,
        });
        await this.audit.record(tx, {
          action: 'admin_bootstrapped',
          actorId: null,
          subjectId: id,
          client: null,
        });
      });
    } catch (error) {
      if (!(error instanceof UsernameTakenError || error instanceof EmailTakenError)) throw error;
      // Another process was first; or the name is somebody's, who must not become admin unasked.
      this.logger.warn({ msg: 'no admin made: username or e-mail is taken', code: error.code });
    }
  }
}
