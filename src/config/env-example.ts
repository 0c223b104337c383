import { isReady, prefixOf, variablesOf } from './provider-variables';
import type { VariableTable } from './variable';
import { VARIABLES } from './variables';

/** Two that come ready, and one that stands for all others. */
const PROVIDERS = ['google', 'discord', 'acme'];

/** The text of `.env.example`: every variable with its purpose and default, commented out. */
export function renderEnvExample(): string {
  const groups = Object.entries(VARIABLES).flatMap(([group, variables]) => [
    renderGroup(group, variables),
    ...(group === 'oauth' ? PROVIDERS.map(renderProvider) : []),
  ]);
  return [
    '# Nothing here is needed to start. Copy to .env and uncomment what you change.\n',
    ...groups,
  ].join('\n');
}

function renderProvider(name: string): string {
  const title = isReady(name) ? name : `any other, here OAUTH_PROVIDERS=${name}`;
  return renderGroup(`oauth: ${title}`, variablesOf(name), prefixOf(name));
}

function renderGroup(title: string, variables: VariableTable, prefix = ''): string {
  const lines = Object.entries(variables).map(
    ([name, { fallback, purpose }]) => `# ${purpose}\n#${prefix}${name}=${fallback ?? ''}\n`,
  );
  return `## ${title}\n\n${lines.join('\n')}`;
}
