import { SystemClock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import { KeyRotation } from '../../tokens/keys/key-rotation.service';
import { RELOAD_SECONDS } from '../../tokens/keys/key-times';
import { CliError } from '../cli-error';
import { type ServiceOptions, withService } from '../open-service';
import { print } from '../terminal';
import { renderKeys } from './key-table';
import { KeysModule } from './keys.module';

export interface RotateFlags {
  readonly discard?: boolean;
}

const SOON = `within ${RELOAD_SECONDS} seconds`;

export async function listKeys(options: ServiceOptions): Promise<void> {
  const keys = await withKeys(options, (rotation) => rotation.list());
  print(renderKeys(keys, new SystemClock().now()));
}

export async function rotateKeys(
  { discard = false }: RotateFlags,
  options: ServiceOptions,
): Promise<void> {
  if (discard) {
    const ended = await withKeys(options, (rotation) => rotation.discardAll());
    return print(`Revoked ${ended}: what they signed is refused everywhere ${SOON}.`);
  }
  const next = await withKeys(options, (rotation, { tokens }) => {
    if (tokens.accessTokenAlgorithm !== 'HS256') return rotation.rotate();
    throw new CliError('ACCESS_TOKEN_ALGORITHM is HS256: SECRET_KEY signs, and is no such key.');
  });
  if (!next) throw new CliError('A next key is published already; see keys list.');
  print(`${next.kid} is published, and signs from ${next.activatesAt.toISOString()} on.`);
}

export async function revokeKey(kid: string, options: ServiceOptions): Promise<void> {
  const hasEnded = await withKeys(options, (rotation) => rotation.revoke(kid));
  if (hasEnded === null) throw new CliError('There is no key of that name; see keys list.');
  const then = hasEnded ? `What it signed is refused everywhere ${SOON}.` : 'It had ended already.';
  print(`${kid} is revoked. ${then}`);
}

const withKeys = <T>(
  options: ServiceOptions,
  work: (rotation: KeyRotation, config: AppConfig) => Promise<T>,
): Promise<T> =>
  withService(
    (config, connection) => KeysModule.register(config, connection),
    options,
    (service) => work(service.get(KeyRotation), service.get(AppConfig)),
  );
