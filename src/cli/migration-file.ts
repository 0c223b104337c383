import type { SchemaChanges } from '../database/schema-drift';

/** A draft in the shape of the others: raw SQL, up and down. */
export function renderMigration(name: string, changes: SchemaChanges, now: Date) {
  const slug = name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase();
  const pascal = slug.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  const className = `${pascal}${now.getTime()}`;
  return {
    fileName: `${now.getTime()}-${slug}.ts`,
    source: `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ${className} implements MigrationInterface {
  readonly name = '${className}';

  async up(runner: QueryRunner): Promise<void> {
${statements(changes.up)}
  }

  async down(runner: QueryRunner): Promise<void> {
${statements(changes.down)}
  }
}
`,
  };
}

const statements = (queries: readonly string[]): string =>
  queries.map((query) => `    await runner.query(${JSON.stringify(query)});`).join('\n');
