// `npm ci` builds; this rebuilds before a start only when a source file is newer than that build.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const stamp = 'dist/.built';
const sources = ['src', 'migrations'].flatMap((root) =>
  existsSync(root) ? readdirSync(root, { recursive: true }).map((file) => join(root, file)) : [],
);
const builtAt = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
const stale = [...sources, 'tsconfig.json'].some(
  (file) => existsSync(file) && statSync(file).mtimeMs > builtAt,
);
// To stderr, and without our stdin: a command may have its own use for both.
if (sources.length > 0 && stale)
  execFileSync('npm', ['run', 'build'], { stdio: ['ignore', process.stderr.fd, 'inherit'] });
