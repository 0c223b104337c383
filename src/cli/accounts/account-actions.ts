import type { Role } from '../../common/access/principal';
import type { Changed } from '../../users/account-changes.service';
import { CliError } from '../cli-error';
import { checked } from '../faults';
import { type ServiceOptions, withService } from '../open-service';
import { readNewPassword } from '../password-input';
import { print } from '../terminal';
import { AccountsModule } from './accounts.module';
import { NewAdminDto } from './new-admin.dto';
import { OperatorAccounts } from './operator-accounts.service';

export interface CreateAdminOptions {
  readonly username: string;
  readonly email: string;
  readonly passwordStdin?: boolean;
}

export async function createAdmin(
  { username, email, passwordStdin = false }: CreateAdminOptions,
  options: ServiceOptions,
): Promise<void> {
  const { value: admin, faults } = checked(NewAdminDto, { username, email });
  const [fault] = faults;
  if (fault) throw new CliError(`--${fault.field} ${fault.detail}.`);
  const password = await readNewPassword(passwordStdin);
  const made = await withAccounts(options, (accounts) =>
    accounts.createAdmin({ username: admin.username, email: admin.email, password }),
  );
  print(`${made.username} is an admin now, with the id ${made.id}.`);
}

export async function setRole(user: string, role: Role, options: ServiceOptions): Promise<void> {
  const changed = await withAccounts(options, (accounts) => accounts.change(user, { role }));
  report(changed, `is ${role} now`, ENDED);
}

export async function setActive(
  user: string,
  isActive: boolean,
  options: ServiceOptions,
): Promise<void> {
  const changed = await withAccounts(options, (accounts) => accounts.change(user, { isActive }));
  if (isActive) report(changed, 'is enabled', 'No session of before comes back.');
  else report(changed, 'is disabled', ENDED);
}

const ENDED = 'All their sessions have ended.';

function report({ before, after }: Changed, what: string, then: string): void {
  const isNew = before.securityStamp !== after.securityStamp;
  print(`${after.username} ${what}. ${isNew ? then : 'It was so already.'}`);
}

const withAccounts = <T>(
  options: ServiceOptions,
  work: (accounts: OperatorAccounts) => Promise<T>,
): Promise<T> =>
  withService(
    (config, connection) => AccountsModule.register(config, connection),
    options,
    (service) => work(service.get(OperatorAccounts)),
  );
