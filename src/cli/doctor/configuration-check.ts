import type { InspectedConfig } from '../../config/env';
import { weaknessOfSecretKey } from '../../config/secret-key';
import { type Finding, findingsOf } from './finding';

const configuration = findingsOf('configuration');
const secretKey = findingsOf('secret key');
const addresses = findingsOf('addresses');
const proxies = findingsOf('proxies');
const limits = findingsOf('limits');

const LOOPBACK = /^(localhost|.+\.localhost|127\.[\d.]+|\[::1\])$/;

/** What can be told of the settings without asking anybody. */
export const checkConfiguration = (inspected: InspectedConfig): Finding[] => [
  ...checkVariables(inspected),
  ...checkSecretKey(inspected),
  ...(inspected.config.environment === 'production' ? checkProduction(inspected) : []),
];

function checkVariables({ problems, config, given }: InspectedConfig): Finding[] {
  if (problems.length > 0)
    return problems.map((problem) =>
      configuration.fail(problem, `.env.example says what ${nameIn(problem)} takes.`),
    );
  const mode = given.has('NODE_ENV') ? config.environment : 'development, the default';
  return [configuration.ok(`every variable that is set is well formed; NODE_ENV is ${mode}`)];
}

/** Production refuses a weak one, which is told with the variables. */
function checkSecretKey({ config, given, problems }: InspectedConfig): Finding[] {
  if (problems.some((problem) => nameIn(problem) === 'SECRET_KEY')) return [];
  if (!given.has('SECRET_KEY'))
    return [secretKey.ok(`is made once and kept in ${config.process.dataDir}/secret-key`)];
  const weakness = weaknessOfSecretKey(config.tokens.secretKey);
  return weakness
    ? [secretKey.warn(`${weakness}; production refuses it`, 'Make one: openssl rand -base64 48')]
    : [secretKey.ok('is long enough and no known example')];
}

function checkProduction(inspected: InspectedConfig): Finding[] {
  const { config, given } = inspected;
  const { backendUrl, frontendUrl } = config.addresses;
  return [
    checkAddress('BACKEND_URL', backendUrl, 'Links in mails and OAuth providers lead there'),
    checkAddress('FRONTEND_URL', frontendUrl, 'People are sent there after a sign-in'),
    given.has('TRUST_PROXY')
      ? proxies.ok('TRUST_PROXY says whose X-Forwarded-For is believed')
      : proxies.warn(
          'TRUST_PROXY is not set: behind a proxy all callers share one address and its limits',
          'Set the number of proxies in front, or 0 if there is none.',
        ),
    config.limits.enabled
      ? limits.ok('are on')
      : limits.warn('RATE_LIMIT_ENABLED is false: passwords can be guessed', 'Remove it.'),
  ];
}

function checkAddress(variable: string, url: string, use: string): Finding {
  const { protocol, hostname } = new URL(url);
  const fix = `Set ${variable} to the https:// address that browsers use. ${use}.`;
  if (LOOPBACK.test(hostname)) return addresses.fail(`${variable} is this machine: ${url}`, fix);
  return protocol === 'https:'
    ? addresses.ok(`${variable} is ${url}`)
    : addresses.fail(`${variable} is not https: tokens travel in the clear`, fix);
}

/** A problem begins with the name of its variable. */
export const nameIn = (problem: string): string => problem.split(':', 1)[0]!;
