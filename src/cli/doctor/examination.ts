import { Client } from 'pg';
import { OutboundHttp } from '../../common/http/outbound-http';
import { SystemClock } from '../../common/time/clock';
import type { AppConfig } from '../../config/app-config';
import { type InspectedConfig, inspectProcessConfig } from '../../config/env';
import { explain } from '../explain';
import { withDatabase } from '../open-service';
import { checkConfiguration, nameIn } from './configuration-check';
import { checkServer } from './database-check';
import { checkDisk } from './disk-check';
import { type Finding, findingsOf } from './finding';
import { checkMail } from './mail-check';
import { checkOAuth } from './oauth-check';
import { checkDirect, checkReplica } from './other-addresses-check';
import { checkRedis } from './redis-check';
import { checkSchema } from './schema-check';

interface Examination {
  readonly topic: string;
  /** Where one of these is wrong, there is nothing sound to look at. */
  readonly variables: readonly string[];
  readonly look: (config: AppConfig) => Promise<Finding[]>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const SMTP = ['SMTP_HOST', 'SMTP_PORT', 'SMTP_USER', 'SMTP_PASSWORD', 'SMTP_SECURE'];

/**
 * Looks at everything the service stands on and changes nothing, apart from starting the embedded
 * Postgres where nobody runs it. Whatever is wrong is a finding; nothing of it is thrown.
 */
export async function examine({ online }: { readonly online: boolean }): Promise<Finding[]> {
  const inspected = inspect();
  if ('level' in inspected) return [inspected];
  const wrong = new Set(inspected.problems.map(nameIn));
  const looks = examinations(inspected.config, online).map(async ({ topic, variables, look }) => {
    const culprit = variables.find((variable) => wrong.has(variable));
    if (culprit) return [notLookedAt(topic, culprit)];
    return look(inspected.config).catch((error: unknown) => [troubleWith(topic, error)]);
  });
  return [...checkConfiguration(inspected), ...(await Promise.all(looks)).flat()];
}

function inspect(): InspectedConfig | Finding {
  try {
    return inspectProcessConfig();
  } catch (error) {
    const message = `.env cannot be read: ${explain(error)}`;
    return findingsOf('configuration').fail(message, 'Make it a file that this user may read.');
  }
}

function examinations({ database, redis }: AppConfig, online: boolean): Examination[] {
  const http = new OutboundHttp();
  const disk = { topic: 'disk', variables: ['DATA_DIR', 'DATABASE_URL'], look: checkDisk };
  const queue = {
    topic: 'queue',
    variables: ['REDIS_URL'],
    look: () => (redis ? checkRedis(redis) : queueOnPostgres()),
  };
  return [
    ...(database.url ? [] : [disk]),
    { topic: 'database', variables: ['DATA_DIR', 'DATABASE_URL'], look: checkDatabase },
    ...otherAddresses(database),
    queue,
    {
      topic: 'mail',
      variables: [...SMTP, 'SENDGRID_API_KEY', 'SENDGRID_URL', 'DATA_DIR'],
      look: (config) => checkMail(config, http, online),
    },
    {
      topic: 'oauth',
      variables: ['OAUTH_PROVIDERS'],
      look: ({ oauth }) => checkOAuth(oauth, http, online),
    },
  ];
}

function otherAddresses({ directUrl, replicaUrl }: AppConfig['database']): Examination[] {
  const direct = {
    topic: 'direct',
    variables: ['DATABASE_DIRECT_URL'],
    look: () => checkDirect({ connectionString: directUrl! }),
  };
  const replica = {
    topic: 'replica',
    variables: ['DATABASE_REPLICA_URL'],
    look: () => checkReplica({ connectionString: replicaUrl! }),
  };
  return [...(directUrl ? [direct] : []), ...(replicaUrl ? [replica] : [])];
}

const checkDatabase = (config: AppConfig): Promise<Finding[]> =>
  withDatabase(config, async ({ connection, description }) => {
    const clock = new SystemClock();
    const client = new Client({
      ...connection.options,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return [
        ...(await checkServer(client, config, clock, description)),
        ...(await checkSchema(client, config, connection, clock)),
      ];
    } finally {
      await client.end();
    }
  });

/** Its tables are looked at with the other migrations. */
const queueOnPostgres = async (): Promise<Finding[]> => [
  findingsOf('queue').ok('is on Postgres, with the data'),
];

const notLookedAt = (topic: string, variable: string): Finding =>
  findingsOf(topic).warn(
    `not looked at, because ${variable} is wrong`,
    'Correct it and run doctor again.',
  );

const troubleWith = (topic: string, error: unknown): Finding =>
  findingsOf(topic).fail(explain(error), 'Mend that and run doctor again.');
